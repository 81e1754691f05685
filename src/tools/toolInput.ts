/** Inputs of tools: the fields that several have, and the check of what an agent sent. */

import * as v from "valibot";
import { AppError } from "../base/errors";
import { cleanText } from "../base/cleanText";

/** What operating systems take at most. */
const MAX_PATH = 4096;
/** Of a small picture in the place of a path, in characters of base64. */
const MAX_DATA_URI = 8 * 2 ** 20;

/** A path, or a picture itself, which is taken and not advertised: models make pictures up. */
export const pathText = v.pipe(
  v.string("a path"),
  v.check(isPath, `a path of 1 to ${MAX_PATH} characters`),
  v.metadata({
    description:
      'Absolute path of a picture file, a file: URI, or a path relative to an allowed folder. Example: "/home/me/site/photos/dog.jpg"',
  }),
);

/** A path of something that is no picture. */
export function pathTo(
  description: string,
): v.GenericSchema<string, string> & v.BaseSchema<unknown, string, v.BaseIssue<unknown>> {
  return v.pipe(
    v.string("a path"),
    v.check(
      (text) => isPath(text) && !/^data:/i.test(text),
      `a path of 1 to ${MAX_PATH} characters`,
    ),
    v.metadata({ description }),
  );
}

/** A whole number from 1. */
export function wholeUpTo(
  max: number,
  description: string,
): v.GenericSchema<number, number> & v.BaseSchema<unknown, number, v.BaseIssue<unknown>> {
  const said = `a whole number from 1 to ${max}`;
  return v.pipe(
    v.number(said),
    v.integer(said),
    v.minValue(1, said),
    v.maxValue(max, said),
    v.metadata({ description }),
  );
}

function isPath(text: string): boolean {
  const max = text.startsWith("data:") ? MAX_DATA_URI : MAX_PATH;
  return text.trim() !== "" && text.length <= max;
}

/** A text of 1 to so many characters. */
export function textUpTo(
  maxLength: number,
  description: string,
): v.GenericSchema<string, string> & v.BaseSchema<unknown, string, v.BaseIssue<unknown>> {
  const said = `a text of 1 to ${maxLength} characters`;
  return v.pipe(
    v.string(said),
    v.minLength(1, said),
    v.maxLength(maxLength, said),
    v.check((text) => cleanText(text, maxLength) !== "", said),
    v.metadata({ description }),
    v.transform((text) => cleanText(text, maxLength)),
  );
}

/** A list of `min` to `max` items. */
export function listOf<S extends v.GenericSchema>(
  item: S,
  { min = 1, max, description }: { min?: number; max: number; description: string },
): v.GenericSchema<v.InferInput<S>[], v.InferOutput<S>[]> {
  const said = `a list of ${min} to ${max}`;
  return v.pipe(
    v.array(item, said),
    v.minLength(min, said),
    v.maxLength(max, said),
    v.metadata({ description }),
  );
}

/**
 * Reads what an agent sent.
 * @throws AppError `option.invalid`, which says what to change.
 */
export function readInput<I>(
  { name, input }: { readonly name: string; readonly input: v.GenericSchema<unknown, I> },
  value: unknown,
): I {
  const { issues, output } = v.safeParse(input, value, { abortEarly: true });
  if (issues === undefined) return output;
  const [issue] = issues;
  const at = cleanText(v.getDotPath(issue) ?? "", 80);
  if (at === "") throw invalid(`The input of ${name} must be ${issue.message}.`);
  // What a schema of closed fields expects in the place of one that it does not have.
  if (issue.expected === "never") throw invalid(`${name} has no "${at}". Leave it out.`);
  const isMissing = issue.input === undefined;
  throw invalid(
    isMissing
      ? `"${at}" is missing in the input of ${name}. Give ${issue.message}.`
      : `"${at}" in the input of ${name} must be ${issue.message}.`,
  );
}

function invalid(message: string): AppError {
  return new AppError("option.invalid", message);
}
