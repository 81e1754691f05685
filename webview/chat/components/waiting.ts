/** What a turn without words waits for: the step's name, how far it is, and its seconds as they pass. */

import { formatShare } from "../../../src/base/bytes";
import type { StepName } from "../../../src/model/ask/progress";
import type { TurnStep, TurnView } from "../../../src/protocol/views/chatMessages";
import type { ChatStrings } from "../../../src/protocol/views/chatStrings";
import type { PageContext } from "./context";
import { element, type Part, setShown, setText } from "../../render/dom";
import { isRunning } from "../state";
import { fillIn } from "../../shell/strings";
import { describeWholeSeconds } from "../../shell/when";

export interface WaitingProps {
  readonly turn: TurnView;
  /** How much of the model is loaded, from 0 to 1. */
  readonly loadShare: number | undefined;
}

const SECOND_MS = 1000;

/** Its clock is the page's own; the extension is asked for nothing while the seconds pass. */
export function createWaiting(context: PageContext): Part<WaitingProps> {
  const words = element("span", { class: "waiting-words" });
  const dots = [element("i"), element("i"), element("i")];
  // The announcer says each step once; here each second would be said.
  const root = element("div", { class: "waiting", "aria-live": "off" }, [
    element("span", { class: "dots", "aria-hidden": "true" }, dots),
    words,
  ]);
  let shown: WaitingProps | undefined;
  let beganAt = 0;
  let isTold = false;
  /** Counts the steps, so that the seconds of an earlier one end. */
  let nth = 0;
  const elapsed = (): number => Math.max(0, context.now() - beganAt);
  const draw = ({ turn, loadShare }: WaitingProps): void => {
    setText(words, wordsOf({ turn, loadShare, elapsedMs: elapsed() }, context));
  };
  const tickSoon = (mine: number): void => {
    context.after(SECOND_MS - (elapsed() % SECOND_MS), () => {
      if (mine !== nth || shown === undefined || !root.isConnected) return;
      draw(shown);
      tickSoon(mine);
      // What is over within a second is not worth an interruption.
      if (isTold || elapsed() < SECOND_MS) return;
      isTold = true;
      context.dispatch({ type: "stepLasts", turnId: shown.turn.id });
    });
  };
  return {
    element: root,
    update: (props) => {
      const step = isWaiting(props.turn) ? props.turn.step : undefined;
      if (step !== shown?.turn.step || nth === 0) {
        isTold &&= step?.name === shown?.turn.step?.name;
        beganAt = context.now() - (step?.elapsedMs ?? 0);
        nth++;
        if (step !== undefined) tickSoon(nth);
      }
      shown = props;
      draw(props);
      setShown(root, { when: isWaiting(props.turn) });
    },
  };
}

/** What is done for a turn, in words. */
export function stepText({ step }: TurnView, strings: ChatStrings): string {
  return step === undefined ? strings.waiting : strings[STEP_KEYS[step.name]];
}

const STEP_KEYS = {
  load: "stepLoad",
  look: "stepLook",
  write: "stepWrite",
} as const satisfies Readonly<Record<StepName, keyof ChatStrings>>;

function isWaiting(turn: TurnView): boolean {
  return isRunning(turn) && turn.answer === "";
}

interface Moment extends WaitingProps {
  readonly elapsedMs: number;
}

/** "Loading the model… 14% · 3 s" */
function wordsOf({ turn, loadShare, elapsedMs }: Moment, context: PageContext): string {
  const { strings, locale } = context;
  const { step } = turn;
  if (step === undefined) return strings.waiting;
  const isShared = step.name === "load" && loadShare !== undefined;
  const parts = [
    isShared ? formatShare(loadShare, locale) : "",
    secondsOf(step, elapsedMs, context),
  ].filter(Boolean);
  return [`${stepText(turn, strings)}…`, parts.join(" · ")].filter(Boolean).join(" ");
}

function secondsOf(
  { expectedMs = 0 }: TurnStep,
  elapsedMs: number,
  { strings, locale }: PageContext,
): string {
  if (elapsedMs < SECOND_MS) return "";
  const passed = describeWholeSeconds(elapsedMs, locale);
  // A guess that has proved wrong is none.
  return expectedMs >= elapsedMs + SECOND_MS
    ? fillIn(strings.secondsOf, passed, describeWholeSeconds(expectedMs, locale))
    : fillIn(strings.seconds, passed);
}
