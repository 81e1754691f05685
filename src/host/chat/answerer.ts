/** Answers the turns of one conversation, one after the other, and can be stopped at any moment. */

import { AppError, isCancelled } from "../../base/errors";
import type { Clock } from "../../base/clock";
import type { ChatTurn, Conversation } from "./conversation";
import { altTexts } from "../../alt/write/describer";
import { askAbout } from "../documents/askAbout";
import type { EngineApi } from "../service/engine";
import type { PictureTray, ReadPicture } from "./pictureTray";
import { questionPrompt } from "../../model/ask/questionPrompt";
import type { StepTimes } from "../service/stepTimes";
import { ANSWER_STEPS, type Stage, type StepName } from "../../model/ask/progress";
import type { Turn } from "../../model/ask/request";
import type { NoticeView } from "../../protocol/views/chatMessages";

export interface AnswerTexts {
  /** The model said nothing. */
  readonly noAnswer: string;
}

export interface AnswererOptions {
  readonly engine: Pick<EngineApi, "generate">;
  readonly clock: Clock;
  readonly noticeOf: (error: AppError) => NoticeView;
  readonly texts: AnswerTexts;
  readonly conversation: Conversation;
  readonly tray: PictureTray;
  readonly times: StepTimes;
  /** A further piece of an answer. */
  readonly onText: (turn: ChatTurn, text: string) => void;
  /** A turn is in a new state. */
  readonly onChanged: (turn: ChatTurn) => void;
}

/** One attempt to answer a turn; asking it again makes another. */
interface Job {
  readonly turn: ChatTurn;
  readonly askedAtMs: number;
  readonly controller: AbortController;
}

export class Answerer {
  readonly #options: AnswererOptions;
  /** The first is being answered. */
  #jobs: Job[] = [];
  #isWorking = false;
  /** Settles when no job is left. */
  #working: Promise<void> = Promise.resolve();

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  /** Sets the turns to waiting and answers them after those before. Settles when all are done. */
  async answer(turns: readonly ChatTurn[]): Promise<void> {
    for (const turn of turns) {
      this.#jobs.push({
        turn,
        askedAtMs: this.#options.clock.now(),
        controller: new AbortController(),
      });
      if (turn.state !== "waiting") this.#change(turn, { state: "waiting", answer: "" });
    }
    if (!this.#isWorking) this.#working = this.#work();
    await this.#working;
  }

  /** Ends every job at once; the engine is told, and nothing that it still says counts. */
  stop(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const { turn, controller } of jobs) {
      controller.abort();
      this.#change(turn, { state: "stopped", answer: turn.answer.trim() });
    }
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
        await this.#attempt(job);
      }
    } finally {
      // In the same step as the last look at the jobs, so that none is added in between and forgotten.
      this.#isWorking = false;
    }
  }

  async #attempt(job: Job): Promise<void> {
    const { turn, askedAtMs, controller } = job;
    const { clock, noticeOf, texts, tray } = this.#options;
    let outcome: Partial<ChatTurn>;
    try {
      const read = await tray.read(turn.pictureId, controller.signal);
      turn.digest = read.digest;
      turn.doubts = undefined;
      turn.server = undefined;
      const answer = await this.#ask(job, read);
      const durationMs = clock.now() - askedAtMs;
      outcome =
        answer === ""
          ? { state: "failed", answer, notice: { text: texts.noAnswer, actions: [] } }
          : { state: "done", answer, durationMs };
    } catch (thrown) {
      const answer = turn.answer.trim();
      outcome = isCancelled(thrown)
        ? { state: "stopped", answer }
        : { state: "failed", answer, notice: noticeOf(AppError.from(thrown)) };
    }
    // A stopped turn has its state already, and perhaps another job by now.
    if (!controller.signal.aborted) {
      this.#jobs = this.#jobs.filter((other) => other !== job);
      this.#change(turn, outcome);
    }
  }

  async #ask(job: Job, { picture, digest }: ReadPicture): Promise<string> {
    const { turn, controller } = job;
    const { signal } = controller;
    const engine: AnswererOptions["engine"] = {
      generate: async (...request) => {
        const result = await this.#options.engine.generate(...request);
        turn.server = result.server;
        return result;
      },
    };
    const onStage = ({ stage }: Stage): void => {
      if (isStep(stage)) this.#begin(job, stage);
    };
    if (turn.task.kind === "description") {
      const onDoubts = (doubts: ChatTurn["doubts"]): void => void (turn.doubts = doubts);
      const asked = { length: turn.task.length, signal, onStage, onDoubts };
      const texts = await altTexts(askAbout(engine, picture), asked);
      return texts[0] ?? "";
    }
    const prompt = questionPrompt(this.#turnsBefore(turn, digest), turn.question);
    const { sequences, doubts } = await engine.generate(
      { image: picture.bytes, imageName: picture.name, prompt },
      {
        signal,
        onStage,
        onText: (text) => {
          this.#receive(job, text);
        },
        onRestarted: () => {
          if (!controller.signal.aborted) this.#change(turn, { state: "waiting", answer: "" });
        },
      },
    );
    turn.doubts = doubts;
    return sequences[0]?.text.trim() ?? "";
  }

  /** A description is written in several runs, which are one to whoever waits for it. */
  #begin({ turn, controller }: Job, name: StepName): void {
    if (controller.signal.aborted || turn.state !== "waiting") return;
    const { clock, times } = this.#options;
    const before = turn.step;
    const isLater =
      before === undefined || ANSWER_STEPS.indexOf(name) > ANSWER_STEPS.indexOf(before.name);
    if (!isLater && name !== "load") return;
    if (before?.name === name) return;
    const beganMs = clock.now();
    if (before !== undefined && isLater) times.note(before.name, beganMs - before.beganMs);
    this.#change(turn, { step: { name, beganMs, expectedMs: times.expected(name) } });
  }

  #receive({ turn, controller }: Job, text: string): void {
    if (controller.signal.aborted) return;
    if (turn.state === "streaming") {
      turn.answer += text;
      this.#options.onText(turn, text);
      return;
    }
    // An answer begins with its first word; the space before it belongs to the prompt.
    const begin = text.trimStart();
    if (begin !== "") this.#change(turn, { state: "streaming", answer: begin });
  }

  /** Answered questions about the same picture, as it looked at that time. */
  #turnsBefore(turn: ChatTurn, digest: string): Turn[] {
    const { turns } = this.#options.conversation;
    return turns
      .slice(0, turns.indexOf(turn))
      .filter(
        (earlier) =>
          earlier.pictureId === turn.pictureId &&
          earlier.task.kind === "question" &&
          earlier.state === "done" &&
          earlier.digest === digest,
      )
      .map(({ question, answer }) => ({ question, answer }));
  }

  #change(turn: ChatTurn, outcome: Partial<ChatTurn>): void {
    Object.assign(turn, { notice: undefined, durationMs: undefined, step: undefined }, outcome);
    this.#options.onChanged(turn);
  }
}

function isStep(stage: Stage["stage"]): stage is StepName {
  return ANSWER_STEPS.some((name) => name === stage);
}
