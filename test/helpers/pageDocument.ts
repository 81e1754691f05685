/// <reference lib="dom" />
/** A document for tests of the page: linkedom's, with a keyboard that is somewhere. */

import { parseHTML } from "linkedom";
import type { PageContext } from "../../webview/chat/components/context";
import { CHAT_NAMES } from "../../webview/chat/strings";
import type { FromChat } from "../../src/protocol/views/chatMessages";
import type { ChatStrings } from "../../src/protocol/views/chatStrings";
import type { Action } from "../../webview/chat/state";

/** What has the keyboard in each document; linkedom's elements do not remember it. */
const focused = new WeakMap<Document, Element>();

/** Makes a new document the global one, so that no test sees what another left. */
export function freshDocument(): Document {
  const { document, HTMLElement } = parseHTML(
    "<!doctype html><html><body></body></html>",
  ) as unknown as Pick<typeof globalThis, "document" | "HTMLElement">;
  Object.defineProperty(document, "activeElement", {
    get: () => {
      const element = focused.get(document);
      return element?.isConnected === true ? element : document.body;
    },
  });
  HTMLElement.prototype.focus = takeFocus;
  // Nothing is drawn, so everything is in sight.
  HTMLElement.prototype.scrollIntoView = () => undefined;
  document.hasFocus = () => true;
  Object.assign(globalThis, { document });
  return document;
}

function takeFocus(this: HTMLElement): void {
  if (!this.isConnected || this.closest("[hidden], [inert]") !== null) return;
  focused.set(this.ownerDocument, this);
  send(this, "focusin");
}

/** Dispatches an event with these properties; true when nothing prevented its default. */
export function send(target: EventTarget, type: string, properties: object = {}): boolean {
  const { Event } = (document as { defaultView: unknown }).defaultView as {
    Event: typeof globalThis.Event;
  };
  const event = new Event(type, { bubbles: true, cancelable: true });
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(event, name, { value });
  }
  target.dispatchEvent(event);
  return !event.defaultPrevented;
}

/** Presses a key where the keyboard is; true when nothing prevented its default. */
export function press(key: string, properties: object = {}): boolean {
  return send(document.activeElement ?? document.body, "keydown", { key, ...properties });
}

export interface PageBench {
  readonly context: PageContext;
  /** What the extension was asked for. */
  readonly posted: FromChat[];
  readonly dispatched: Action[];
  /** What was to be done later, in ms. */
  readonly later: { readonly ms: number; readonly work: () => void }[];
}

/** What components are given, with each text's key as the text. */
export function pageBench(): PageBench {
  const posted: FromChat[] = [];
  const dispatched: Action[] = [];
  const later: PageBench["later"] = [];
  const strings: ChatStrings = {
    ...CHAT_NAMES,
    removePicture: "remove {0}",
    seconds: "{0} s",
    secondsOf: "{0} s of about {1} s",
  };
  return {
    posted,
    dispatched,
    later,
    context: {
      strings,
      locale: "en",
      dispatch: (action) => {
        dispatched.push(action);
      },
      post: (message) => {
        posted.push(message);
      },
      now: () => 1_000_000_000_000,
      after: (ms, work) => {
        later.push({ ms, work });
      },
    },
  };
}
