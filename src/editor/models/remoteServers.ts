/** Servers that answer in the place of this machine: which there are, whether the user agreed, and their tokens. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { remedy } from "../../host/notices/noticeTable";
import type { RemoteTarget } from "../../model/ask/models";
import { readEndpoints, type RemoteEndpoint } from "../../model/ask/remoteEndpoint";
import { remoteName } from "../../model/ask/remoteName";
import type { Services } from "../shell/services";

/** The origins that this workspace's pictures may be sent to. */
const CONSENT_KEY = "sightline.remoteOrigins";
const SETTING = "sightline.remote.endpoints";

type Given = {
  readonly context: Pick<vscode.ExtensionContext, "workspaceState" | "secrets">;
  readonly settings: Pick<Services["settings"], "remoteEndpoints">;
};

/** @throws AppError `option.invalid`, naming the field. */
export function serversOf({ settings }: Pick<Given, "settings">): readonly RemoteEndpoint[] {
  return readEndpoints(settings.remoteEndpoints, SETTING);
}

/** A question to the user at a time; whoever else asks waits for its answer. */
const asking = new Map<string, Promise<boolean>>();

/**
 * The server that a choice means, with its token, once the user agreed to send it this workspace's pictures.
 * @throws AppError as `RemoteWay.permit`.
 */
export async function permitServer(given: Given, model: string): Promise<RemoteTarget> {
  const name = remoteName(model);
  const endpoint = serversOf(given).find((each) => each.name === name);
  if (endpoint === undefined) {
    const text = vscode.l10n.t(
      "The settings have no server {0}. Choose another model, or add it to {1}.",
      name ?? model,
      SETTING,
    );
    throw new AppError("model.missing", text);
  }
  const { host, origin } = new URL(endpoint.url);
  if (!vscode.workspace.isTrusted) {
    const text = vscode.l10n.t(
      "Pictures of a workspace that is not trusted are not sent to {0}.",
      host,
    );
    throw new AppError("remote.denied", text, { detail: remedy("trust") });
  }
  if (!isAgreed(given, endpoint)) {
    const answer = asking.get(origin) ?? askUser(given, endpoint);
    asking.set(origin, answer);
    const isFine = await answer.finally(() => asking.delete(origin));
    if (!isFine) throw new AppError("request.cancelled", "The user would rather send nothing.");
  }
  const token = await given.context.secrets.get(tokenKey(endpoint));
  return { endpoint, ...(token === undefined ? {} : { token }) };
}

/** Whether this workspace's pictures may be sent there. */
export function isAgreed({ context }: Given, { url }: RemoteEndpoint): boolean {
  return agreedOrigins(context).includes(new URL(url).origin);
}

/** From now on the user is asked again. */
export async function revoke({ context }: Given, { url }: RemoteEndpoint): Promise<void> {
  const { origin } = new URL(url);
  const rest = agreedOrigins(context).filter((each) => each !== origin);
  await context.workspaceState.update(CONSENT_KEY, rest);
}

async function askUser({ context }: Given, { url, imageSize }: RemoteEndpoint): Promise<boolean> {
  const { host, origin } = new URL(url);
  const send = vscode.l10n.t("Send Pictures");
  const detail = vscode.l10n.t(
    "Each picture that you ask about is sent to {0} in {1} × {1} pixels, with your question: no name, no place where it was taken, no other file. This holds for this workspace until you take it back in Manage Models.",
    origin,
    imageSize,
  );
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t("Send pictures of this workspace to {0}?", host),
    { modal: true, detail },
    send,
  );
  if (chosen !== send) return false;
  await context.workspaceState.update(CONSENT_KEY, [...agreedOrigins(context), origin]);
  return true;
}

function agreedOrigins({ workspaceState }: Given["context"]): readonly string[] {
  const known = workspaceState.get<unknown>(CONSENT_KEY);
  return Array.isArray(known) ? known.filter((each) => typeof each === "string") : [];
}

/**
 * Asks for the token of a server; an empty one forgets it.
 * @param server of several the user chooses.
 * @throws AppError `option.invalid`, `model.missing` where there is no server.
 */
export async function setServerToken(given: Given, server?: RemoteEndpoint): Promise<void> {
  const endpoint = server ?? (await pickServer(serversOf(given)));
  if (endpoint === undefined) return;
  const { origin } = new URL(endpoint.url);
  const token = await vscode.window.showInputBox({
    title: vscode.l10n.t("Token for {0}", endpoint.name),
    prompt: vscode.l10n.t(
      "It is kept in the system's secret storage and sent only to {0}. Leave it empty to forget it.",
      origin,
    ),
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined) return;
  const { secrets } = given.context;
  if (token.trim() === "") await secrets.delete(tokenKey(endpoint));
  else await secrets.store(tokenKey(endpoint), token.trim());
}

async function pickServer(servers: readonly RemoteEndpoint[]): Promise<RemoteEndpoint | undefined> {
  const [only, ...others] = servers;
  if (only === undefined) {
    const text = vscode.l10n.t("The settings have no server. Add one to {0}.", SETTING);
    throw new AppError("model.missing", text);
  }
  if (others.length === 0) return only;
  const items = servers.map((endpoint) => {
    return { label: endpoint.name, description: new URL(endpoint.url).host, endpoint };
  });
  const title = vscode.l10n.t("Token for a Server");
  return (await vscode.window.showQuickPick(items, { title }))?.endpoint;
}

/** One token for each origin, so that it never goes to another. */
function tokenKey({ url }: RemoteEndpoint): string {
  return `serverToken ${new URL(url).origin}`;
}
