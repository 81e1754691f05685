/** The whole page: its components in their order, and the keys that work everywhere. */

import { createAnnouncer } from "./components/announcer";
import { createComposer } from "./components/composer";
import type { PageContext } from "./components/context";
import { iconButton } from "../render/controls";
import { createEmptyState } from "./components/emptyState";
import { createHistoryPanel } from "./components/historyPanel";
import { createLimits } from "./components/limits";
import { createNotice } from "./components/notice";
import { createSuggestions } from "./components/suggestions";
import { createTranscript } from "./components/transcript";
import { createDropZone, receivePastes } from "./receivePictures";
import { element, isShown, type Part } from "../render/dom";
import { askedPictures, canAsk, INITIAL_STATE, isAnswering, type PageState } from "./state";

/** Builds the page; nothing is shown before the first update. */
export function createPage(context: PageContext): Part<PageState> {
  const parts = createParts(context);
  const root = element("div", { class: "page" }, [
    parts.main,
    parts.history.element,
    parts.announcer.element,
  ]);
  let shown = INITIAL_STATE;
  root.append(createDropZone(context, root));
  // On the document: a page that nobody has clicked on yet has the keyboard outside of its root.
  receivePastes(context, document);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    if (shown.isHistoryOpen) context.dispatch({ type: "historyClosed" });
    else if (isAnswering(shown.chat)) context.post({ type: "stop" });
  });
  return {
    element: root,
    update: (state) => {
      const focused = focusedIn(root);
      const isAsked = state.nFocusRequests !== shown.nFocusRequests;
      shown = state;
      updateParts(parts, state);
      if (isAsked) parts.composer.focus();
      else if (focused !== undefined) {
        keepFocus(focused, state.isHistoryOpen ? parts.history : parts.composer);
      }
    },
  };
}

type Parts = ReturnType<typeof createParts>;

function createParts(context: PageContext) {
  const { strings, dispatch } = context;
  const empty = createEmptyState(context);
  const transcript = createTranscript(context);
  const notice = createNotice(context);
  const limits = createLimits(context);
  const suggestions = createSuggestions(context);
  const composer = createComposer(context);
  const close = iconButton("close", strings.close);
  close.classList.add("notice-close");
  close.addEventListener("click", () => {
    dispatch({ type: "noticeClosed" });
  });
  notice.element.append(close);
  const main = element("main", { class: "main" }, [
    element("h1", { class: "visually-hidden" }, [strings.conversation]),
    empty.element,
    transcript.element,
    element("div", { class: "dock" }, [
      element("div", { class: "alert", role: "alert" }, [notice.element]),
      suggestions.element,
      limits.element,
      composer.element,
    ]),
  ]);
  return {
    main,
    empty,
    transcript,
    notice,
    limits,
    suggestions,
    composer,
    history: createHistoryPanel(context, main),
    announcer: createAnnouncer(strings),
  };
}

function updateParts(parts: Parts, state: PageState): void {
  const { chat, announcement, isHistoryOpen } = state;
  const { turns, pictures, suggestions, history } = chat;
  parts.empty.update({
    isShown: state.isLoaded && turns.length === 0,
    nPictures: pictures.length + state.nPending,
    asked: askedPictures(chat),
  });
  parts.notice.update(state.notice);
  parts.limits.update(chat.engine.limits);
  parts.suggestions.update({ suggestions, isOffered: canAsk(chat) && !isAnswering(chat) });
  parts.composer.update(state);
  parts.history.update({ history, isHistoryOpen });
  // Last: its height depends on everything below it.
  parts.transcript.update(state);
  parts.announcer.update({
    announcement,
    turns,
    limits: chat.engine.limits?.text ?? "",
    hasSeveralPictures: pictures.length > 1,
  });
}

function focusedIn(root: HTMLElement): HTMLElement | undefined {
  const { activeElement } = document;
  return activeElement !== null && root.contains(activeElement)
    ? (activeElement as HTMLElement)
    : undefined;
}

/** What had the keyboard may be gone or have moved: it would fall back to the page, far from everything. */
function keepFocus(focused: HTMLElement, fallback: { focus(): void }): void {
  const { activeElement } = document;
  const isElsewhere =
    activeElement !== focused && activeElement !== null && activeElement !== document.body;
  if (isElsewhere) return;
  if (!isShown(focused)) fallback.focus();
  else if (activeElement !== focused) focused.focus();
}
