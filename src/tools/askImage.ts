/** The tool `ask_image`: the answer to a question about one picture. */

import * as v from "valibot";
import { requestedDescription } from "../alt/wording/describingRequest";
import { altTexts } from "../alt/write/describer";
import { optional } from "../base/optional";
import { questionPrompt } from "../model/ask/questionPrompt";
import type { Doubt, Prompt } from "../model/ask/request";
import { LIMITS } from "./limits";
import { type Look, lookAt } from "./lookAt";
import type { Tool, ToolContext } from "./tool";
import { listOf, pathText, textUpTo } from "./toolInput";
import { warned, warningsOf } from "./toolModel";

const earlierTurn = v.strictObject(
  {
    question: textUpTo(500, "An earlier question about the same picture."),
    answer: textUpTo(500, "What was answered."),
  },
  "an object with question and answer",
);

const input = v.strictObject(
  {
    image: pathText,
    question: textUpTo(
      500,
      'A short question in English about what can be seen. Example: "what color is the car?"',
    ),
    answers: v.exactOptional(
      listOf(textUpTo(100, "An answer that is possible."), {
        ...{ min: 2, max: 50 },
        description: 'Answers to choose among, which only some models can. Example: ["yes", "no"]',
      }),
    ),
    earlier: v.exactOptional(
      listOf(earlierTurn, {
        min: 0,
        max: 4,
        description: "Questions and answers before this one, the oldest first.",
      }),
    ),
  },
  "an object with image and question",
);

const output = v.object({
  model: v.string(),
  image: v.string(),
  answer: v.string(),
  isCut: v.pipe(
    v.boolean(),
    v.metadata({ description: "The answer ended because it was long enough." }),
  ),
  warnings: v.exactOptional(v.array(v.string())),
});

type Input = v.InferOutput<typeof input>;
type Output = v.InferOutput<typeof output>;

export const askImage: Tool<Input, Output> = {
  name: "ask_image",
  title: "Ask about a picture",
  description: `Returns a short answer to one question about one picture file, made by a small vision model on this machine, offline. Use it for one visible fact, such as a colour, an object or a place; to describe pictures use describe_image. ${LIMITS}`,
  input,
  output,
  pathsOf: ({ image }) => [image],
  run: ask,
};

async function ask(
  { image, question, answers, earlier = [] }: Input,
  context: ToolContext,
): Promise<Output> {
  const length = answers === undefined ? requestedDescription(question) : undefined;
  const needs = answers !== undefined ? "ranks" : length === undefined ? "answers" : "describes";
  return await lookAt(context, { image, needs }, async (look) => {
    const { answer, isCut, doubts } =
      length === undefined
        ? await generated(look, { prompt: questionPrompt(earlier, question), answers })
        : await described(look, length);
    const warnings = answer === "" ? ["The model had no answer."] : [];
    return {
      ...{ model: look.model.name, image: look.picture.path, answer, isCut },
      ...warned([...warningsOf(look.model, doubts), ...warnings]),
    };
  });
}

interface Answer {
  readonly answer: string;
  readonly isCut: boolean;
  readonly doubts: readonly Doubt[];
}

async function generated(
  { model, picture, signal }: Look,
  { prompt, answers }: { readonly prompt: Prompt; readonly answers: readonly string[] | undefined },
): Promise<Answer> {
  const request = {
    ...{ image: picture.bytes, imageName: picture.path, prompt },
    ...optional({ answers }),
  };
  const { sequences, doubts = [] } = await model.generate(request, { signal });
  const [best] = sequences;
  return { answer: best?.text.trim() ?? "", isCut: best?.finishReason === "length", doubts };
}

/** BLIP-2 answers "describe this" badly and describes well. */
async function described(
  { model, picture, signal }: Look,
  length: "short" | "long",
): Promise<Answer> {
  let doubts: readonly Doubt[] = [];
  const [answer = ""] = await altTexts(
    (request) => {
      return model.generate(
        { image: picture.bytes, imageName: picture.path, ...request },
        { signal },
      );
    },
    { length, signal, onDoubts: (found) => void (doubts = found) },
  );
  return { answer, isCut: false, doubts };
}
