/** Drops and pastes anywhere on the page: pictures go to the extension, what is none becomes a notice. */

import { type PictureBytes, VIEW_LIMITS } from "../../src/protocol/views/chatMessages";
import type { ChatStrings } from "../../src/protocol/views/chatStrings";
import type { PageContext } from "./components/context";
import {
  batchesOf,
  mayHoldPictures,
  readPicture,
  readTransfer,
  type Refusal,
  sortFiles,
  type Transfer,
} from "./pictureIntake";
import { element, setShown } from "../render/dom";
import { icon } from "../render/icons";
import { fillIn } from "../shell/strings";

/** The overlay that shows where a drop goes; it covers the page while something is dragged over it. */
export function createDropZone(context: PageContext, page: HTMLElement): HTMLElement {
  const overlay = element("div", { class: "drop", "aria-hidden": "true", hidden: true }, [
    element("div", { class: "drop-hint" }, [icon("picture"), context.strings.dropHere]),
  ]);
  const show = (shown: { readonly when: boolean }): void => {
    setShown(overlay, shown);
  };
  for (const type of ["dragenter", "dragover"] as const) {
    page.addEventListener(type, (event) => {
      if (!mayHoldPictures(event.dataTransfer)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
      show({ when: true });
    });
  }
  page.addEventListener("dragleave", (event) => {
    // Without a related target the pointer left the page and not only one of its elements.
    if (event.relatedTarget === null) show({ when: false });
  });
  page.addEventListener("drop", (event) => {
    show({ when: false });
    if (event.dataTransfer === null) return;
    event.preventDefault();
    void receive(context, readTransfer(event.dataTransfer));
  });
  return overlay;
}

/** Takes pictures out of the clipboard; text goes where it always went. */
export function receivePastes(context: PageContext, page: Document): void {
  page.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    void receive(context, { files, uris: [] });
  });
}

/** Sends what is a picture, in as few messages as possible, and says what is not. */
export async function receive(context: PageContext, transfer: Transfer): Promise<void> {
  const { accepted, refused } = sortFiles(transfer.files);
  const files = accepted.slice(0, VIEW_LIMITS.pictures);
  const uris = transfer.uris.slice(0, VIEW_LIMITS.pictures);
  if (uris.length > 0) context.post({ type: "addUris", uris });
  const unread = await send(context, files);
  const isTooMany = accepted.length > files.length || transfer.uris.length > uris.length;
  const lines = [
    ...[...refused, ...unread].map((refusal) => describe(refusal, context.strings)),
    ...(isTooMany ? [fillIn(context.strings.tooMany, String(VIEW_LIMITS.pictures))] : []),
  ];
  if (lines.length === 0) return;
  context.dispatch({ type: "noticeShown", notice: { text: lines.join("\n"), actions: [] } });
}

/** The files that could not be read. */
async function send(context: PageContext, files: readonly File[]): Promise<readonly Refusal[]> {
  if (files.length === 0) return [];
  context.dispatch({ type: "picturesPending", count: files.length });
  const read: PictureBytes[] = [];
  const unread: Refusal[] = [];
  for (const file of files) {
    const picture = await readPicture(file);
    if (picture === undefined) unread.push({ name: file.name, reason: "notAPicture" });
    else read.push(picture);
  }
  for (const pictures of batchesOf(read)) context.post({ type: "addPictures", pictures });
  context.dispatch({ type: "picturesRead", count: files.length });
  return unread;
}

function describe({ name, reason }: Refusal, strings: ChatStrings): string {
  return fillIn(strings[reason], name);
}
