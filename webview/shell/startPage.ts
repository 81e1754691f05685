/** A page's start: puts its parts together, shows what it was before, and asks for what it is now. */

import type { Part } from "../render/dom";
import { registerComponents } from "../render/toolkit";
import type { ContextOf } from "./context";
import { Messenger } from "./messenger";
import { type Names, readStrings } from "./strings";
import { usableLocale } from "./when";

/** Keeping the state copies all of it, so it waits for a pause in typing and streaming. */
const KEEP_AFTER_MS = 100;

/**
 * What makes one page different from another.
 * @template To what the extension says; each message is an action of the page too
 */
export interface PageKind<Strings, State, From, To> {
  readonly names: Names<Strings>;
  readonly ready: From;
  /** Reads a message of the extension. @throws AppError `protocol.violation`. */
  readonly read: (value: unknown) => To;
  readonly initial: State;
  /** What of the state survives while the page is hidden, when the editor throws it away. */
  readonly savedOf: (state: State) => unknown;
  /** From storage, so of any shape. */
  readonly restoredFrom: (saved: unknown) => State;
}

/** The parts of a page that know its actions. */
export interface PageLogic<Strings, State, From, Action> {
  readonly reduce: (state: State, action: Action) => State;
  readonly create: (context: ContextOf<Strings, From, Action>) => Part<State>;
}

/** Starts the page of this document; to be called once. */
export function startPage<Strings extends Record<keyof Strings, string>, State, From, To, Action>(
  kind: PageKind<Strings, State, From, To>,
  logic: PageLogic<Record<keyof Strings & string, string>, State, From, Action | To>,
): void {
  registerComponents();
  const messenger = new Messenger<From, To>(acquireVsCodeApi(), kind.read);
  let state = kind.initial;
  const keepSoon = debounce(() => {
    messenger.keep(kind.savedOf(state));
  });
  const dispatch = (action: Action | To): void => {
    const next = logic.reduce(state, action);
    if (next === state) return;
    state = next;
    page.update(state);
    keepSoon();
  };
  const page = logic.create({
    strings: readStrings(kind.names, document.body.dataset["strings"]),
    locale: usableLocale(document.documentElement.lang),
    dispatch,
    post: (message) => {
      messenger.post(message);
    },
    now: () => Date.now(),
    after: (ms, work) => {
      setTimeout(work, ms);
    },
  });
  document.body.append(page.element);
  state = kind.restoredFrom(messenger.recall());
  page.update(state);
  messenger.listen(window, dispatch);
  messenger.post(kind.ready);
}

function debounce(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, KEEP_AFTER_MS);
  };
}
