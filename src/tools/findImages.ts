/** The tool `find_images`: picture files by what they show. */

import * as v from "valibot";
import { isCancelled } from "../base/errors";
import { worldOf } from "../model/folder/world";
import { startDeadline } from "./deadline";
import { ANSWER_MS, COMPARING_LIMITS } from "./limits";
import type { FoundPictures, Tool, ToolContext } from "./tool";
import { pathTo, textUpTo, wholeUpTo } from "./toolInput";
import { notInTime, warned, worldWarnings } from "./toolModel";

/** A look at words takes this long at most, behind the picture that is in hand. */
const FIND_MS = 10_000;
/** How many are read together with the words: a few first, because each takes a second. */
const FIRST_READ = 4;

const input = v.strictObject(
  {
    query: textUpTo(200, 'What the pictures show, in English. Example: "two dogs on a beach"'),
    folder: v.exactOptional(
      pathTo('The folder to search; all allowed folders without it. Example: "/home/me/site"'),
    ),
    limit: v.optional(wholeUpTo(50, "How many pictures at most."), 10),
  },
  "an object with query",
);

const output = v.object({
  model: v.string(),
  matches: v.array(
    v.object({
      image: v.string(),
      similarity: v.pipe(
        v.number(),
        v.metadata({ description: "Cosine of words and picture, -1 to 1." }),
      ),
      match: v.exactOptional(
        v.pipe(
          v.number(),
          v.metadata({
            description:
              "Probability that picture and words match, 0 to 1, of those that were read together with the words; not comparable with similarity.",
          }),
        ),
      ),
      isLikely: v.exactOptional(
        v.pipe(
          v.boolean(),
          v.metadata({ description: "match is at least 0.5; absent where match is." }),
        ),
      ),
    }),
  ),
  searched: v.number(),
  remaining: v.pipe(
    v.number(),
    v.metadata({
      description:
        "How many pictures there was no time to look at; call again with the same input to go on.",
    }),
  ),
  warnings: v.exactOptional(v.array(v.string())),
});

type Input = v.InferOutput<typeof input>;
type Output = v.InferOutput<typeof output>;

export const findImages: Tool<Input, Output> = {
  name: "find_images",
  title: "Find pictures",
  description: `Returns the picture files below the allowed folders, or below one of them, that fit a description best, each with a similarity, and with a match where the model had time to read picture and words together. Pictures come back even where none fits: only "isLikely" says that one does. Use it to find pictures whose names say nothing; to check one of them against words use score_image_text. The first search of a folder looks at each picture, 1 to 3 seconds for each on a CPU, and answers after 45 seconds with what it has; later ones take a second. ${COMPARING_LIMITS}`,
  input,
  output,
  pathsOf: ({ folder }) => (folder === undefined ? [] : [folder]),
  run: find,
};

async function find({ query, folder, limit }: Input, context: ToolContext): Promise<Output> {
  const { search, signal, onProgress } = context;
  const folders = await search.folders(folder, signal);
  let [nDone, nAll] = [0, 0];
  const looking = startDeadline(context, ANSWER_MS);
  try {
    await search.lookAt(folders, {
      signal: looking.signal,
      onProgress: (done, all) => {
        [nDone, nAll] = [done, all];
        onProgress({ done, total: all, message: `Looked at ${done} of ${all} pictures` });
      },
    });
  } catch (thrown) {
    if (!isCancelled(thrown) || !looking.isOver) throw thrown;
  } finally {
    looking.end();
  }
  const { model, matches, isRead } = await found(query, context, { folders, k: limit });
  const late = nDone < nAll ? ["There was no time for all pictures. Call again to go on."] : [];
  const unread = isRead ? [] : [UNREAD];
  return {
    model,
    matches: matches.map(({ file, similarity, isLikely, match }) => {
      return { image: file, similarity, ...(match === undefined ? {} : { match, isLikely }) };
    }),
    ...{ searched: nDone, remaining: nAll - nDone },
    ...warned([...worldWarnings(worldOf({ model })), ...late, ...unread]),
  };
}

const UNREAD =
  'There was no time to read all of these together with the words. Call again, or use score_image_text for those without "match".';

/** The best by their vectors, which takes a moment; then as many of them as there is time for are read. */
async function found(
  query: string,
  { search, ...context }: ToolContext,
  options: { readonly folders: readonly string[]; readonly k: number },
): Promise<FoundPictures & { readonly isRead: boolean }> {
  const deadline = startDeadline(context, FIND_MS);
  const { signal } = deadline;
  let best: FoundPictures | undefined;
  try {
    best = await search.find(query, { ...options, rerank: 0, signal });
    for (const rerank of [FIRST_READ, options.k]) {
      best = await search.find(query, { ...options, rerank, signal });
      if (rerank >= best.matches.length) break;
    }
    return { ...best, isRead: true };
  } catch (thrown) {
    if (!isCancelled(thrown) || !deadline.isOver) throw thrown;
    if (best === undefined) throw notInTime("The search");
    return { ...best, isRead: false };
  } finally {
    deadline.end();
  }
}
