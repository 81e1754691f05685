/** What a generated answer looks like on stdout, and generating one while it is printed. */

import type { RunningInfo, RunningModel } from "./runningModel";
import type { Printer } from "../terminal/printer";
import type { GenerationOptions } from "../../model/ask/generationOptions";
import type {
  Cached,
  Doubt,
  GeneratedSequence,
  GenerateRequest,
  GenerateResult,
  Timings,
} from "../../model/ask/request";

/** An answer for programs. */
export interface AnswerJson {
  /** The best sequence. */
  readonly answer: string;
  readonly model: string;
  readonly device: RunningInfo["device"];
  /** New tokens. */
  readonly tokens: number;
  /** Milliseconds. */
  readonly timings: Timings;
  readonly cached: Cached;
  /** Best first; present when several were asked for, or given to choose among. */
  readonly sequences?: readonly GeneratedSequence[];
  /** Why the answer may mean nothing; absent where nothing is known against it. */
  readonly doubts?: readonly Doubt[];
}

/** What an answer is generated from and where it goes. */
export interface AnswerJob {
  readonly model: RunningModel;
  readonly request: GenerateRequest;
  readonly printer: Printer;
  readonly signal: AbortSignal;
  /** Hold the text back until it is complete. @default false */
  readonly isSilent?: boolean;
}

/**
 * Generates an answer. With text output it is printed as it comes, except when there are beams or
 * several sequences, which exist only at the end. A line that was begun is ended also by a failure.
 */
export async function generateAnswer(job: AnswerJob): Promise<GenerateResult> {
  const result = await generateText(job);
  for (const doubt of result.doubts ?? []) {
    job.printer.note(`${job.request.imageName ?? "The picture"} ${DOUBT_NOTES[doubt]}`);
  }
  return result;
}

/** What is said of a picture whose answer may mean nothing; follows its name. */
export const DOUBT_NOTES: Readonly<Record<Doubt, string>> = {
  oneColor: "shows one colour only. Do not rely on this answer.",
  outsideWorld: "is outside what the demo model knows. Do not rely on this answer.",
};

async function generateText(job: AnswerJob): Promise<GenerateResult> {
  const { model, request, printer, signal } = job;
  if (printer.isJson || job.isSilent === true) return model.engine.generate(request, { signal });
  if (request.answers !== undefined || !canStream(request.options ?? {})) {
    const result = await model.engine.generate(request, { signal });
    printer.text(sequenceLines(printed(request, result)));
    return result;
  }
  const line = new AnswerLine(printer);
  try {
    const result = await model.engine.generate(request, { signal, onText: line.add });
    line.end();
    return result;
  } catch (thrown) {
    if (line.isBegun) line.end();
    throw thrown;
  }
}

export function answerJson(result: GenerateResult, model: RunningModel): AnswerJson {
  const { sequences, tokens, timings, cached, doubts } = result;
  return {
    answer: sequences[0]?.text ?? "",
    model: model.name,
    device: model.engine.info.device,
    tokens,
    timings: roundTimings(timings),
    cached,
    ...(sequences.length > 1 ? { sequences } : {}),
    ...(doubts === undefined ? {} : { doubts }),
  };
}

/** To microseconds; further digits are noise. */
export function roundTimings(timings: Timings): Timings {
  const round = (ms: number): number => Math.round(ms * 1000) / 1000;
  const { preprocess, vision, qformer, prefill, decode, total } = timings;
  return {
    preprocess: round(preprocess),
    vision: round(vision),
    qformer: round(qformer),
    prefill: round(prefill),
    decode: round(decode),
    total: round(total),
  };
}

/** What people are shown: of answers that were given the chosen one, of others all that were asked for. */
export function printed(
  { answers }: GenerateRequest,
  { sequences }: GenerateResult,
): readonly GeneratedSequence[] {
  return answers === undefined ? sequences : sequences.slice(0, 1);
}

/** One text per line, best first. */
export function sequenceLines(sequences: readonly GeneratedSequence[]): string {
  return sequences.map(({ text }) => `${text}\n`).join("");
}

/**
 * An answer that grows on a line of its own. White space waits for the text behind it, because the
 * complete answer is without it at the end: OPT ends an answer with a line break.
 */
class AnswerLine {
  readonly #printer: Printer;
  #held = "";
  #isBegun = false;

  constructor(printer: Printer) {
    this.#printer = printer;
  }

  /** Something was printed. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  readonly add = (text: string): void => {
    const all = this.#held + text;
    const solid = all.trimEnd();
    this.#held = all.slice(solid.length);
    if (solid === "") return;
    this.#isBegun = true;
    this.#printer.text(solid);
  };

  end(): void {
    this.#printer.text("\n");
  }
}

function canStream(options: Partial<GenerationOptions>): boolean {
  return (options.numBeams ?? 1) === 1 && (options.numReturnSequences ?? 1) === 1;
}
