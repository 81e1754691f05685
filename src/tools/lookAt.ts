/** One model and one picture: the way of the tools that look at a single picture, with its time limits. */

import { isCancelled } from "../base/errors";
import type { Capability } from "../model/ask/capabilities";
import { startDeadline } from "./deadline";
import { ANSWER_MS, LONGEST_MS } from "./limits";
import type { ToolContext, ToolModel, ToolPicture } from "./tool";
import { notInTime, openModel } from "./toolModel";

/** What the work has; its signal fires when its time is over. */
export interface Look {
  readonly model: ToolModel;
  readonly picture: ToolPicture;
  readonly signal: AbortSignal;
}

/**
 * Loads the model, which takes as long as it takes, and then gives the work its time.
 * @throws AppError `engine.timeout` when the time is over, and as the ports and the work.
 */
export async function lookAt<T>(
  context: ToolContext,
  { image, needs }: { readonly image: string; readonly needs: Capability },
  work: (look: Look) => Promise<T>,
): Promise<T> {
  const model = await context.models.modelFor(needs);
  const longest = startDeadline(context, LONGEST_MS);
  const deadlines = [longest];
  try {
    const picture = await context.pictures.read(image, longest.signal);
    await openModel(model, context, { signal: longest.signal, total: 1 });
    const deadline = startDeadline({ ...context, signal: longest.signal }, ANSWER_MS);
    deadlines.push(deadline);
    context.onProgress({ done: 0, total: 1, message: `Looking at ${picture.path}` });
    return await work({ model, picture, signal: deadline.signal });
  } catch (thrown) {
    if (isCancelled(thrown) && deadlines.some(({ isOver }) => isOver)) throw notInTime(image);
    throw thrown;
  } finally {
    for (const deadline of deadlines) deadline.end();
  }
}
