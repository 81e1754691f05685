/** `score`: how well texts fit a picture. */

import { roundTimings } from "./answer";
import type { CliContext } from "../terminal/cliContext";
import { EXIT } from "../terminal/failure";
import type { ModelFlags } from "../terminal/flags";
import { withModel } from "./openModel";
import { readPicture } from "./pictureSource";
import { findingModel } from "../../library/open/openNamedModel";
import { formatTable } from "../terminal/text";
import type { TextScore } from "../../model/ask/request";
import { bestFirst } from "../../model/ask/textScores";

/**
 * Prints the texts with their scores, the best match first.
 * @throws AppError as `withModel`; `model.unsupported` for a model that generates.
 */
export async function score(
  context: CliContext,
  asked: { readonly image: string; readonly texts: readonly string[] },
  flags: ModelFlags,
): Promise<number> {
  const { printer, signal } = context;
  const picture = await readPicture(asked.image, context);
  const model = flags.model ?? (await findingModel(context.store));
  // The best that is installed may be another one today.
  if (flags.model === undefined) context.printer.note(`With ${model}.`);
  await withModel(context, { ...flags, model }, async ({ engine, name }) => {
    const request = { ...picture, texts: asked.texts, alpha: flags.alpha };
    const result = await engine.score(request, { signal });
    const scores = bestFirst(result.scores);
    if (printer.isJson) {
      const timings = roundTimings(result.timings);
      const { cached } = result;
      printer.json({ scores, model: name, device: engine.info.device, timings, cached });
    } else printer.text(scoreTable(scores));
  });
  return EXIT.ok;
}

/** Columns: probability of a match, contrastive cosine, its probability where one is known, text. */
export function scoreTable(scores: readonly TextScore[]): string {
  const isCalibrated = scores.some(({ contrast }) => contrast !== undefined);
  const head = ["ITM", "ITC", ...(isCalibrated ? ["ITC-P"] : []), "TEXT"];
  const rows = scores.map(({ text, itm, itc, contrast }) => [
    ...[itm, itc, ...(isCalibrated ? [contrast ?? 0] : [])].map((value) => value.toFixed(4)),
    text,
  ]);
  return formatTable([head, ...rows], isCalibrated ? [0, 1, 2] : [0, 1]);
}
