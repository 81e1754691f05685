/** The tool `describe_image`: what pictures show, in a few words each. */

import * as v from "valibot";
import { type Described, PictureDescriber } from "../alt/write/describePictures";
import { AppError, isCancelled } from "../base/errors";
import { startDeadline } from "./deadline";
import { ANSWER_MS, LIMITS } from "./limits";
import type { Tool, ToolContext } from "./tool";
import { listOf, pathText, textUpTo } from "./toolInput";
import { doubtWarnings, openModel, warned, warningsOf } from "./toolModel";

const LENGTHS = ["short", "long"] as const;

const input = v.strictObject(
  {
    images: listOf(pathText, { max: 16, description: "The pictures, 1 to 16 paths." }),
    length: v.optional(
      v.pipe(
        v.picklist(LENGTHS, '"short" or "long"'),
        v.metadata({ description: '"short" is one phrase, as alternative text should be.' }),
      ),
      "short",
    ),
    focus: v.exactOptional(
      textUpTo(80, 'Words that the description begins with. Example: "the red car"'),
    ),
  },
  "an object with images",
);

const output = v.object({
  model: v.string(),
  results: v.array(
    v.object({
      image: v.string(),
      text: v.exactOptional(v.string()),
      error: v.exactOptional(v.object({ code: v.string(), message: v.string() })),
      warnings: v.exactOptional(v.array(v.string())),
    }),
  ),
  remaining: v.pipe(
    v.array(v.string()),
    v.metadata({ description: "Pictures that there was no time for; call again with these." }),
  ),
  warnings: v.exactOptional(v.array(v.string())),
});

type Input = v.InferOutput<typeof input>;
type Output = v.InferOutput<typeof output>;
type Result = Output["results"][number];

export const describeImage: Tool<Input, Output> = {
  name: "describe_image",
  title: "Describe pictures",
  description: `Returns a description of each picture file, made by a small vision model on this machine, offline. Use it when you cannot view images, for example to write alternative text or to learn what the pictures of a project show; for one fact use ask_image. ${LIMITS}`,
  input,
  output,
  pathsOf: ({ images }) => images,
  run: describe,
};

async function describe({ images, length, focus }: Input, context: ToolContext): Promise<Output> {
  const model = await context.models.modelFor("describes");
  const total = images.length;
  const deadline = startDeadline(context, ANSWER_MS);
  const { signal } = deadline;
  const results: Result[] = [];
  const paths = new Map<string, string>();
  const describer = new PictureDescriber<string>({
    signal,
    keyOf: (image) => image,
    read: async (image) => {
      const { path, bytes } = await context.pictures.read(image, signal);
      paths.set(image, path);
      return (request) => {
        return model.generate({ image: bytes, imageName: path, ...request }, { signal });
      };
    },
    onBegin: (image, index) => {
      context.onProgress({ done: index, total, message: `Looking at ${image}` });
    },
    options: { length, ...(focus === undefined ? {} : { focus }) },
  });
  try {
    await openModel(model, context, { signal, total });
    for await (const described of describer.describe(images)) {
      results.push(resultOf(described, paths.get(described.picture)));
    }
  } catch (thrown) {
    const isPartial = isCancelled(thrown) ? deadline.isOver : results.length > 0;
    if (!isPartial) throw thrown;
    return answer(isCancelled(thrown) ? [] : [AppError.from(thrown).message]);
  } finally {
    deadline.end();
  }
  return answer([]);

  function answer(warnings: readonly string[]): Output {
    const isLate = results.length < images.length && warnings.length === 0;
    const late = isLate ? ['There was no time for all. Call again with "remaining".'] : [];
    return {
      model: model.name,
      results,
      remaining: images.slice(results.length),
      ...warned([...warningsOf(model), ...warnings, ...late]),
    };
  }
}

function resultOf(described: Described<string>, path: string | undefined): Result {
  const image = path ?? described.picture;
  if (described.error !== undefined) {
    const { code, message } = described.error;
    return { image, error: { code, message } };
  }
  const { alt, doubts } = described;
  return { image, text: alt, ...warned(doubtWarnings(doubts)) };
}
