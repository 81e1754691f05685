/** What `models add` says on stderr while it works: steps, bytes, speed, tries and the time that is left. */

import { formatBytes } from "../../base/bytes";
import { TimeLeft } from "../../base/timeLeft";
import type { AddProgress, AddStage } from "../../library/checkpoints/addModel";
import { durationText } from "./durationText";
import type { Printer } from "./printer";
import type { ProgressLine } from "./progressLine";

const LABELS: Readonly<Record<AddProgress["step"], string>> = {
  download: "Downloading",
  convert: "Converting",
};
/** On a terminal the seconds of a wait are counted. */
const TICK_MS = 1000;

export class AddProgressLines {
  readonly #printer: Printer;
  readonly #timeLeft = new TimeLeft(() => performance.now());
  #step: AddProgress["step"] | undefined;
  #line: ProgressLine | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(printer: Printer) {
    this.#printer = printer;
  }

  readonly progressed = ({ step, convertedBytes, ...progress }: AddProgress): void => {
    clearInterval(this.#timer);
    const line = this.#lineOf(step);
    const seconds = this.#timeLeft.update(progress);
    const { bytesPerSecond } = this.#timeLeft;
    const notes = [
      convertedBytes === undefined ? undefined : `${formatBytes(convertedBytes)} converted`,
      bytesPerSecond === undefined ? undefined : `${formatBytes(bytesPerSecond)}/s`,
      seconds === undefined ? undefined : durationText(seconds),
    ];
    const note = notes.filter((text) => text !== undefined).join(", ");
    line.update(note === "" ? progress : { ...progress, note });
  };

  readonly staged = (stage: AddStage): void => {
    clearInterval(this.#timer);
    const line = this.#line ?? this.#lineOf("download");
    const text = stageText(stage);
    const beganMs = performance.now();
    line.show(`${text} …`);
    if (!line.isOnTerminal) return;
    this.#timer = setInterval(() => {
      line.show(`${text} … ${Math.round((performance.now() - beganMs) / TICK_MS)} s`);
    }, TICK_MS);
    this.#timer.unref();
  };

  /** Takes the line away; call it also after a failure. */
  end(): void {
    clearInterval(this.#timer);
    this.#line?.end();
  }

  #lineOf(step: AddProgress["step"]): ProgressLine {
    if (this.#line !== undefined && this.#step === step) return this.#line;
    this.#line?.end();
    this.#step = step;
    this.#line = this.#printer.progress(LABELS[step]);
    return this.#line;
  }
}

/** The label of a conversion that counts bytes by itself. */
export const CONVERTING = LABELS.convert;

function stageText(stage: AddStage): string {
  if (stage.stage === "check") return "Checking what has arrived";
  const { host, nth, nTries } = stage;
  return nth === 1 ? `Connecting to ${host}` : `Connecting to ${host}, try ${nth} of ${nTries}`;
}
