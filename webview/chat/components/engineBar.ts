/** What the engine is doing: a lamp and a short line that open its menu, and how far loading is. */

import { formatShare, wholePercent } from "../../../src/base/bytes";
import type { EngineView } from "../../../src/protocol/views/chatMessages";
import { element, setAttributes, setShown, setText } from "../../render/dom";
import { icon } from "../../render/icons";
import type { PageContext } from "./context";

export interface EngineBar {
  readonly button: HTMLElement;
  /** A thin bar, for the upper edge of whatever holds it. */
  readonly progress: HTMLElement;
  update(engine: EngineView): void;
}

export function createEngineBar(context: PageContext): EngineBar {
  const lamp = element("span", { class: "engine-lamp", "aria-hidden": "true" });
  const label = element("span", { class: "engine-label" });
  const button = element("button", { class: "engine", type: "button" }, [
    lamp,
    label,
    icon("chevron"),
  ]);
  button.addEventListener("click", () => {
    context.post({ type: "openMenu" });
  });
  const filling = element("div", { class: "progress-filling" });
  const progress = element("div", { class: "progress", role: "progressbar", hidden: true }, [
    filling,
  ]);
  return {
    button,
    progress,
    update: (engine) => {
      const words = wordsOf(engine, context.locale);
      setText(label, words);
      setAttributes(button, {
        "data-kind": engine.kind,
        "aria-label": [words, context.strings.engineMenu].filter(Boolean).join(", "),
        title: engine.detail ?? context.strings.engineMenu,
      });
      updateProgress({ progress, filling }, engine);
    },
  };
}

function updateProgress(
  { progress, filling }: Readonly<Record<"progress" | "filling", HTMLElement>>,
  engine: EngineView,
): void {
  const share = shareOf(engine);
  const isUnderWay = engine.kind === "starting" || engine.kind === "loading";
  setShown(progress, { when: isUnderWay || share !== undefined });
  setAttributes(progress, {
    "aria-label": engine.label,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    // Without a value the bar says that nobody knows how long it takes.
    "aria-valuenow": share === undefined ? undefined : wholePercent(share),
    "data-endless": share === undefined,
  });
  filling.style.transform = share === undefined ? "" : `scaleX(${share})`;
}

function wordsOf(engine: EngineView, locale: string): string {
  const share = shareOf(engine);
  if (share === undefined) return engine.label;
  return [engine.label, formatShare(share, locale)].filter(Boolean).join(" · ");
}

/** How much of the model is loaded, from 0 to 1. */
export function shareOf({ progress }: EngineView): number | undefined {
  return progress === undefined ? undefined : Math.min(1, Math.max(0, progress));
}
