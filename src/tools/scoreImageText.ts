/** The tool `score_image_text`: how well texts fit a picture. */

import * as v from "valibot";
import { bestFirst } from "../model/ask/textScores";
import { COMPARING_LIMITS } from "./limits";
import { lookAt } from "./lookAt";
import type { Tool, ToolContext } from "./tool";
import { listOf, pathText, textUpTo } from "./toolInput";
import { warned, warningsOf } from "./toolModel";

const input = v.strictObject(
  {
    image: pathText,
    texts: listOf(textUpTo(300, 'A description in English. Example: "two dogs on a beach"'), {
      max: 20,
      description: "The texts to compare with the picture, 1 to 20.",
    }),
  },
  "an object with image and texts",
);

const score = v.object({
  text: v.string(),
  match: v.pipe(
    v.number(),
    v.metadata({ description: "Probability that text and picture match, 0 to 1." }),
  ),
  similarity: v.pipe(
    v.number(),
    v.metadata({ description: "Cosine of the two, -1 to 1; not comparable with match." }),
  ),
});

const output = v.object({
  model: v.string(),
  image: v.string(),
  scores: v.array(score),
  warnings: v.exactOptional(v.array(v.string())),
});

type Input = v.InferOutput<typeof input>;
type Output = v.InferOutput<typeof output>;

export const scoreImageText: Tool<Input, Output> = {
  name: "score_image_text",
  title: "Compare a picture with texts",
  description: `Returns for each text how well it fits one picture file, the best first: "match" is a probability and "similarity" a cosine, and the two are not comparable with each other. Use it to check an alternative text or to choose between captions or labels. It needs an image-text matching model. ${COMPARING_LIMITS}`,
  input,
  output,
  pathsOf: ({ image }) => [image],
  run: compare,
};

async function compare({ image, texts }: Input, context: ToolContext): Promise<Output> {
  return await lookAt(context, { image, needs: "scores" }, async ({ model, picture, signal }) => {
    const request = { image: picture.bytes, imageName: picture.path, texts };
    const { scores } = await model.score(request, { signal });
    return {
      ...{ model: model.name, image: picture.path },
      scores: bestFirst(scores).map(({ text, itm, itc }) => {
        return { text, match: itm, similarity: itc };
      }),
      ...warned(warningsOf(model)),
    };
  });
}
