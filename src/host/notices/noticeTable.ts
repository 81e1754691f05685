/** Which failure is shown how, and which buttons help against it; the words are the editor's. */

import { AppError, type ErrorCode } from "../../base/errors";

/** What a button does; the editor has a label and a command for each. */
export const NOTICE_ACTIONS = [
  "choosePicture",
  "openFile",
  "revealFile",
  "chooseModel",
  "getModel",
  "importModel",
  "setHubToken",
  "setServerToken",
  "useMirror",
  "restartEngine",
  "reloadWindow",
  "openDeviceSetting",
  "setUpCuda",
  "openFolderSetting",
  "openSiteRootsSetting",
  "openRemoteImagesSetting",
  "manageTrust",
  "showPackages",
  "saveAs",
  "tryAgain",
  "showLog",
] as const;

export type NoticeAction = (typeof NOTICE_ACTIONS)[number];

/**
 * What is said: `message` is the error's own, which names the file and what to do; the others replace
 * a message that only a programmer understands.
 */
export type NoticeText = "message" | "bug" | "mismatch";

export interface NoticePlan {
  /** How the editor shows it; `silent` is not a failure to the user. */
  readonly kind: "silent" | "warning" | "error";
  readonly text: NoticeText;
  /** The one that helps most comes first. */
  readonly actions: readonly NoticeAction[];
}

/** What helps against one failure where its code alone would not tell; found in `detail.remedy`. */
export const REMEDIES = {
  /** The folders that a site's "/" may be. */
  siteRoots: ["openSiteRootsSetting"],
  /** The setting forbids what was asked for. */
  remoteImages: ["openRemoteImagesSetting"],
  /** Only in a workspace that is trusted. */
  trust: ["manageTrust"],
  /** A server that did not answer may answer later. */
  again: ["tryAgain", "showLog"],
  /** What the document says has to be changed by hand. */
  document: ["showLog"],
  /** The file that `detail.uri` names cannot be used as a picture. */
  pictureFile: ["openFile", "revealFile"],
  /** This package has no engine, and another one has. */
  package: ["showPackages"],
} as const satisfies Readonly<Record<string, readonly NoticeAction[]>>;

export type Remedy = keyof typeof REMEDIES;

/** For the `detail` of an AppError. */
export function remedy(name: Remedy): { readonly remedy: Remedy } {
  return { remedy: name };
}

/** What helps against this one failure, if it says so. */
export function remedyOf({ detail }: Pick<AppError, "detail">): Remedy | undefined {
  const name = detail?.["remedy"];
  return typeof name === "string" && Object.hasOwn(REMEDIES, name) ? (name as Remedy) : undefined;
}

/** The plan for a failure; the user's own doing is a warning, the program's is an error. */
export function noticePlan(error: Pick<AppError, "code" | "detail">): NoticePlan {
  const plan = planOf(error.code, error.detail);
  const known = remedyOf(error);
  return known === undefined ? plan : { ...plan, actions: REMEDIES[known] };
}

/** Something has to be changed elsewhere, and no button does it. */
// prettier-ignore
const BY_HAND = [
  "document.missing", "document.unreadable", "document.tooLarge", "document.notEditable",
  "document.unparsable", "option.invalid", "path.outside", "engine.busy",
] as const satisfies readonly ErrorCode[];

function isByHand(code: ErrorCode): code is (typeof BY_HAND)[number] {
  return (BY_HAND as readonly ErrorCode[]).includes(code);
}

/** @param detail as in AppError. */
function planOf(code: ErrorCode, detail: AppError["detail"]): NoticePlan {
  if (isByHand(code)) return warning("showLog");
  switch (code) {
    case "request.cancelled":
      return { kind: "silent", text: "message", actions: [] };
    case "image.missing":
    case "image.unreadable":
    case "image.tooLarge":
    case "image.blank":
      return warning("choosePicture");
    case "document.changed":
      return warning("tryAgain", "showLog");
    case "document.unwritable":
      return warning("saveAs", "showLog");
    case "model.busy":
    case "prompt.tooLong":
      // A larger model has room for a longer question.
      return warning("chooseModel");
    case "model.missing":
    case "model.corrupt":
    case "model.unsupported":
      return error("chooseModel", "showLog");
    case "checkpoint.missing":
    case "checkpoint.corrupt":
    case "checkpoint.incomplete":
    case "checkpoint.unsupported":
    case "hub.missing":
      return error("importModel", "showLog");
    case "convert.failed":
    case "download.failed":
    case "index.unwritable":
      return error("openFolderSetting", "tryAgain", "showLog");
    case "hub.denied":
      return warning("setHubToken", "showLog");
    case "remote.denied":
      return warning("setServerToken", "chooseModel", "showLog");
    case "remote.failed":
      return warning("tryAgain", "chooseModel", "showLog");
    case "hub.unreachable":
      return warning("tryAgain", "useMirror", "importModel");
    case "hub.failed":
    case "download.corrupt":
      return warning("tryAgain", "useMirror", "showLog");
    case "device.unavailable":
      return unavailable(detail?.["device"]);
    case "device.failed":
      return error("openDeviceSetting", "showLog");
    case "engine.exited":
    case "engine.timeout":
      return error("restartEngine", "showLog");
    case "protocol.mismatch":
    case "request.unknown":
      return { ...error("reloadWindow", "showLog"), text: "mismatch" };
    case "protocol.violation":
    case "kit.invalid":
    case "internal":
      return { ...error("showLog"), text: "bug" };
  }
}

/** Of a device that is not available: CUDA's libraries can be got. */
function unavailable(device: unknown): NoticePlan {
  return device === "cuda"
    ? error("setUpCuda", "openDeviceSetting", "showLog")
    : error("openDeviceSetting", "showLog");
}

/** True for the identifier of a button, which may come from a webview. */
export function isNoticeAction(id: unknown): id is NoticeAction {
  return (NOTICE_ACTIONS as readonly unknown[]).includes(id);
}

/** A failure with everything known of it, for the log: message, facts, stack and causes. */
export function failureReport(error: AppError): string {
  const facts = error.detail === undefined ? "" : ` ${JSON.stringify(error.detail)}`;
  const lines = [`${error.code}: ${error.message}${facts}`];
  let cause = error.cause;
  // A chain of causes can be a circle.
  for (let depth = 0; cause !== undefined && depth < 5; depth += 1) {
    lines.push(`caused by ${textOf(cause)}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.join("\n");
}

function textOf(cause: unknown): string {
  if (cause instanceof Error) return cause.stack ?? cause.message;
  return AppError.from(cause).message;
}

function warning(...actions: readonly NoticeAction[]): NoticePlan {
  return { kind: "warning", text: "message", actions };
}

function error(...actions: readonly NoticeAction[]): NoticePlan {
  return { kind: "error", text: "message", actions };
}
