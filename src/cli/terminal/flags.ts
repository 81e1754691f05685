/** The flags that commands share, and what they mean to the engine. */

import { DEVICE_CHOICES } from "../../model/ask/device";
import { ALPHA_MODES } from "../../model/ask/request";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { DeviceChoice } from "../../model/ask/device";
import {
  type GenerationOptions,
  resolveGenerationOptions,
} from "../../model/ask/generationOptions";
import type { AlphaMode } from "../../model/ask/request";

/** Of every command. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Of every command that runs a model. */
export interface ModelFlags extends OutputFlags {
  readonly model?: string;
  readonly device: DeviceChoice;
  readonly alpha: AlphaMode;
}

/** As commander gives them: names of the flags in camel case, absent unless given. */
export interface GenerationFlags {
  readonly maxNewTokens?: number;
  readonly minNewTokens?: number;
  readonly numBeams?: number;
  readonly numReturnSequences?: number;
  readonly lengthPenalty?: number;
  readonly earlyStopping?: "true" | "false" | "never";
  readonly doSample?: boolean;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly repetitionPenalty?: number;
  readonly noRepeatNgramSize?: number;
  readonly stop?: readonly string[];
}

/** Flags whose value is the option of the same name. */
// prettier-ignore
const SAME_NAMES = [
  "maxNewTokens", "minNewTokens", "numBeams", "numReturnSequences", "lengthPenalty",
  "doSample", "temperature", "topK", "topP", "seed",
  "repetitionPenalty", "noRepeatNgramSize",
] satisfies readonly (keyof GenerationFlags & keyof GenerationOptions)[];

/** `maxNewTokens` → `--max-new-tokens`; stop strings have a flag of another name. */
export function flagOf(option: string): string {
  if (option === "stopStrings") return "--stop";
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function addOutputFlags(command: Command): Command {
  return command
    .option("--json", "print one JSON object per line; a failure is {error: {code, message}}")
    .option("--quiet", "no notes and no progress on standard error");
}

/** @param usual the model that is used when none is named. */
export function addModelFlags(command: Command, usual = "demo"): Command {
  return addEngineFlags(addOutputFlags(command), usual);
}

/** Which model, and how it is run. */
export function addEngineFlags(command: Command, usual: string): Command {
  return command
    .option("--model <name|dir>", `a model of \`sightline models\` or a folder (default: ${usual})`)
    .addOption(
      new Option("--device <device>", "where to compute").choices(DEVICE_CHOICES).default("auto"),
    )
    .addOption(
      new Option(
        "--alpha <mode>",
        "transparent pixels: laid on white, on dark, on what shows the picture, or alpha dropped",
      )
        .choices(ALPHA_MODES)
        .default("auto"),
    );
}

/** Names and defaults are those of transformers' generate(), greedy unless told otherwise. */
export function addGenerationFlags(command: Command): Command {
  const number = (flag: string, text: string): Option => {
    const option = new Option(flag, text).argParser(parseNumber);
    // Commander would take --no-repeat-ngram-size for the opposite of --repeat-ngram-size.
    option.negate = false;
    return option;
  };
  return command
    .addOption(number("--max-new-tokens <n>", "longest answer in tokens (default: 30)"))
    .addOption(number("--min-new-tokens <n>", "shortest answer in tokens (default: 0)"))
    .addOption(number("--num-beams <n>", "beam search with this many beams (default: 1)"))
    .addOption(number("--num-return-sequences <n>", "answers to print (default: 1)"))
    .addOption(number("--length-penalty <x>", "of beam search: above 0 favours long answers"))
    .addOption(
      new Option("--early-stopping <when>", "when beam search may end").choices([
        "true",
        "false",
        "never",
      ]),
    )
    .option("--do-sample", "choose tokens by chance")
    .addOption(number("--temperature <x>", "of sampling (default: 1)"))
    .addOption(number("--top-k <n>", "sample among the k likeliest; 0 for all (default: 50)"))
    .addOption(number("--top-p <x>", "sample among the likeliest with this sum (default: 1)"))
    .addOption(number("--seed <n>", "of sampling: same seed, same answer (default: 0)"))
    .addOption(number("--repetition-penalty <x>", "above 1 avoids repetition (default: 1)"))
    .addOption(number("--no-repeat-ngram-size <n>", "no n tokens occur twice; 0 for off"))
    .addOption(
      new Option("--stop <text>", "end before this text; may be given several times").argParser(
        (text: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), text],
      ),
    );
}

/**
 * The engine's options for the flags that were given; only those, so that defaults stay the engine's.
 * @throws AppError `option.invalid` for a value out of its range, before any model is opened.
 */
export function generationOptionsOf(flags: GenerationFlags): Partial<GenerationOptions> {
  const { stop, earlyStopping } = flags;
  const given = SAME_NAMES.filter((name) => flags[name] !== undefined);
  const options: Partial<GenerationOptions> = {
    ...Object.fromEntries(given.map((name) => [name, flags[name]])),
    ...(stop === undefined ? {} : { stopStrings: stop }),
    ...(earlyStopping === undefined
      ? {}
      : { earlyStopping: earlyStopping === "never" ? earlyStopping : earlyStopping === "true" }),
  };
  resolveGenerationOptions(options);
  return options;
}

/** Sentences about flags that change nothing without another one, as a hint and not an error. */
export function idleFlags(
  flags: GenerationFlags & { readonly answers?: string },
): readonly string[] {
  const hints: string[] = [];
  const given = (names: readonly (keyof GenerationFlags)[]): string =>
    names
      .filter((name) => flags[name] !== undefined)
      .map(flagOf)
      .join(", ");
  if (flags.answers !== undefined) {
    const ofWriting = given([...SAME_NAMES, "earlyStopping", "stop"]);
    return ofWriting === "" ? [] : [`With --answers these change nothing: ${ofWriting}.`];
  }
  const ofSampling = given(["temperature", "topK", "topP", "seed"]);
  if (ofSampling !== "" && flags.doSample !== true) {
    hints.push(`Without --do-sample these change nothing: ${ofSampling}.`);
  }
  const ofBeams = given(["lengthPenalty", "earlyStopping"]);
  if (ofBeams !== "" && (flags.numBeams ?? 1) === 1) {
    hints.push(`Without --num-beams above 1 these change nothing: ${ofBeams}.`);
  }
  return hints;
}

/** @throws InvalidArgumentError, which commander turns into a usage error naming the flag. */
export function parseNumber(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}
