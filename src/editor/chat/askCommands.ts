/** The chat's commands: which pictures they are about depends on where they were called from. */

import * as vscode from "vscode";
import { isPictureName } from "../../model/ask/pictureNames";
import type { Picture } from "../../host/pictures/picture";
import { pictureOf } from "../documents/altPicture";
import { imageFor, previewedPicture } from "../documents/altTarget";
import type { ChatCommandId } from "../shell/commandIds";
import type { FeatureWith } from "../shell/lazyFeature";
import { withDelayedProgress } from "../shell/delayedProgress";
import { choosePictures } from "../pictures/picturePicker";
import { notAPicture, readPictures } from "../pictures/readPictures";
import { SAMPLE_QUESTION, samplePicture } from "../shell/samples";
import type { Chat, Services } from "../shell/services";

/** What the commands need of the chat besides asking. */
export interface ChatControls extends Chat {
  open(): Promise<void>;
  showHistory(): Promise<void>;
  newConversation(): Promise<void>;
  copyAllAnswers(): Promise<void>;
  stop(): void;
  /** URIs of the pictures that were used last, the latest first. */
  recentUris(): readonly string[];
}

/** The handlers; each checks its own arguments. */
export function askCommands(
  services: Services,
  chat: ChatControls,
): FeatureWith<ChatCommandId>["commands"] {
  const withPictures =
    (use: (pictures: readonly Picture[]) => Promise<void>) =>
    async (...args: readonly unknown[]): Promise<void> => {
      const pictures = await picturesFor(services, chat, args);
      if (pictures.length > 0) await use(pictures);
    };
  return {
    "sightline.askAboutImage": withPictures((pictures) => chat.askAbout(pictures)),
    "sightline.describeImage": withPictures((pictures) => chat.describe(pictures, "short")),
    "sightline.describeImageInDetail": withPictures((pictures) => chat.describe(pictures, "long")),
    "sightline.openChat": () => chat.open(),
    "sightline.addPictures": async () => {
      const pictures = await choosePictures(services, chat.recentUris());
      if (pictures.length > 0) await chat.askAbout(pictures);
    },
    "sightline.trySamplePicture": async () => {
      await chat.ask([await samplePicture(services)], SAMPLE_QUESTION);
    },
    "sightline.newConversation": () => chat.newConversation(),
    "sightline.showHistory": () => chat.showHistory(),
    "sightline.copyAllAnswers": () => chat.copyAllAnswers(),
    "sightline.stopAnswer": () => {
      chat.stop();
    },
  };
}

/**
 * The files that a menu named, else the picture at the cursor, else the one in the active tab, else
 * what the user chooses; empty when they change their mind.
 * @throws AppError `image.unreadable` for a file that is no picture, or as reading pictures.
 */
async function picturesFor(
  services: Services,
  chat: ChatControls,
  args: readonly unknown[],
): Promise<readonly Picture[]> {
  const uris = args[0] === FROM_EXPLORER ? await explorerPictures() : namedUris(args);
  if (uris.length > 0) return readNamed(services, uris);
  const inDocument = await pictureInDocument(services, args);
  if (inDocument !== undefined) return [inDocument];
  const previewed = previewedPicture() ?? editedPicture();
  if (previewed !== undefined) return [await services.pictures.read(previewed)];
  return choosePictures(services, chat.recentUris());
}

/** What the key's entry in package.json gives. */
const FROM_EXPLORER = "explorer";

/**
 * The pictures that are selected in the Explorer. The editor tells a menu which they are and a key not,
 * so it opens them, as the space bar does, and its tabs tell.
 */
async function explorerPictures(): Promise<readonly vscode.Uri[]> {
  const before = new Set(openPictures());
  await vscode.commands.executeCommand("filesExplorer.openFilePreserveFocus");
  const active = vscode.window.tabGroups.activeTabGroup.activeTab;
  const opened = openPictures().filter((uri) => !before.has(uri));
  const all = new Set([...opened, ...(active === undefined ? [] : picturesIn([active]))]);
  return [...all].map((uri) => vscode.Uri.parse(uri, true));
}

/** Their addresses. */
function openPictures(): readonly string[] {
  return picturesIn(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs));
}

function picturesIn(tabs: readonly vscode.Tab[]): readonly string[] {
  return tabs.flatMap(({ input }) => {
    const isFile = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText;
    return isFile && isPictureName(input.uri.path) ? [input.uri.toString()] : [];
  });
}

/** What menus give: one file, and all that are selected; an editor's menu gives its document. */
function namedUris(args: readonly unknown[]): readonly vscode.Uri[] {
  const [first, all] = args;
  const several = Array.isArray(all) ? (all as readonly unknown[]) : [];
  const uris = (several.length > 0 ? several : [first]).filter(isUri);
  const [only] = uris;
  const document = vscode.window.activeTextEditor?.document;
  const isDocument =
    uris.length === 1 && document !== undefined && only?.toString() === document.uri.toString();
  return isDocument && !isPictureName(document.uri.path) ? [] : uris;
}

function isUri(value: unknown): value is vscode.Uri {
  return value instanceof vscode.Uri;
}

/** Those that can be read; it is said why the others cannot. */
async function readNamed(
  services: Services,
  uris: readonly vscode.Uri[],
): Promise<readonly Picture[]> {
  const [only] = uris;
  if (uris.length === 1 && only !== undefined) {
    if (!isPictureName(only.path)) throw notAPicture(only);
    return [await services.pictures.read(only)];
  }
  const { pictures, failures } = await readPictures(services, uris);
  for (const error of failures) await services.notices.show(error);
  return pictures;
}

async function pictureInDocument(
  services: Services,
  args: readonly unknown[],
): Promise<Picture | undefined> {
  const image = await imageFor(services, args);
  if (image === undefined) return undefined;
  return withDelayedProgress(vscode.l10n.t("Reading the picture"), ({ signal }) =>
    pictureOf(services, image, signal),
  );
}

/** An SVG that is open as text is a picture as well. */
function editedPicture(): vscode.Uri | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return uri !== undefined && isPictureName(uri.path) ? uri : undefined;
}
