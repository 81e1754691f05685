/** The page's start: puts its parts together, shows what it was before, and asks for what it is now. */

import { registerComponents } from "./components/toolkit";
import { Messenger } from "./messenger";
import { createPage } from "./page";
import { restoredFrom, savedOf } from "./savedState";
import { INITIAL_STATE, reduce, type Action } from "./state";
import { readStrings } from "./strings";
import { usableLocale } from "./when";
import "./styles/tokens.css";
import "./styles/toolkit.css";
import "./styles/page.css";
import "./styles/transcript.css";
import "./styles/composer.css";
import "./styles/history.css";

/** Keeping the state copies all of it, so it waits for a pause in typing and streaming. */
const KEEP_AFTER_MS = 100;

function start(): void {
  registerComponents();
  const messenger = new Messenger(acquireVsCodeApi());
  let state = INITIAL_STATE;
  const keepSoon = debounce(() => {
    messenger.keep(savedOf(state));
  });
  const dispatch = (action: Action): void => {
    const next = reduce(state, action);
    if (next === state) return;
    state = next;
    page.update(state);
    keepSoon();
  };
  const page = createPage({
    strings: readStrings(document.body.dataset["strings"]),
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
  state = restoredFrom(messenger.recall());
  page.update(state);
  messenger.listen(window, dispatch);
  messenger.post({ type: "ready" });
}

function debounce(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, KEEP_AFTER_MS);
  };
}

start();
