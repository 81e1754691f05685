/** The pictures that a search is about, in the index as far as they can be. */

import { throwIfAborted } from "../../base/errors";
import type { KnownFiles } from "../files/knownFiles";
import type { LookedAt, SkippedFile } from "../files/pictureFiles";
import {
  type ComparingEngine,
  embedPictures,
  type EmbedOptions,
  readContents,
} from "./indexPictures";
import type { PictureIndex } from "../index/pictureIndex";

export interface SearchablePictures {
  /** Files of each content that is in the index, in the order in which they were named. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** How many files these are. */
  readonly nFiles: number;
  readonly nEmbedded: number;
  readonly skipped: readonly SkippedFile[];
}

/** How far the work is. */
export interface IndexProgress {
  /** `reading`: finds out what the files are; `embedding`: looks at pictures that are new. */
  readonly step: "reading" | "embedding";
  readonly nDone: number;
  readonly nAll: number;
}

export interface SearchableOptions extends Omit<EmbedOptions, "onProgress" | "engine"> {
  /** Loads the model; asked only where something is new. */
  readonly engine: () => Promise<ComparingEngine>;
  readonly known: KnownFiles;
  /** Told once, before the first of some new pictures is embedded. */
  readonly onStart?: ((nNew: number) => void) | undefined;
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
  /** Why new pictures are not embedded; undefined when they are. */
  readonly whyNot?: string | undefined;
}

/** @throws AppError as `readContents` and `embedPictures`. */
export async function makeSearchable(
  { pictures, skipped }: LookedAt,
  options: SearchableOptions,
): Promise<SearchablePictures> {
  const { index, signal, onProgress, whyNot } = options;
  const nAll = pictures.length;
  const contents = await readContents(pictures, {
    ...options,
    onProgress: (nDone) => onProgress?.({ step: "reading", nDone, nAll }),
  });
  const { missing } = contents;
  const before = [...skipped, ...contents.skipped];
  const isWork = missing.length > 0 && whyNot === undefined;
  if (isWork) options.onStart?.(missing.length);
  const embedded = isWork
    ? await embedPictures(missing, {
        ...{ ...options, engine: await options.engine() },
        onProgress: (nDone) => onProgress?.({ step: "embedding", nDone, nAll: missing.length }),
      })
    : { nEmbedded: 0, skipped: [], digests: new Map<string, string>() };
  throwIfAborted(signal);
  const files = presentFiles(contents.files, { index, digests: embedded.digests });
  const told = new Set(embedded.skipped.map(({ file }) => file));
  const left = absentFiles(contents.files, index).flatMap(({ digest, file }) => {
    // A copy of what was not embedded, too.
    const why = whyNot ?? options.refused.whyNot(digest, file);
    return why === undefined || told.has(file) ? [] : [{ file, why }];
  });
  return {
    files,
    nFiles: [...files.values()].reduce((sum, same) => sum + same.length, 0),
    nEmbedded: embedded.nEmbedded,
    skipped: [...before, ...embedded.skipped, ...left],
  };
}

/** A file that was written to while it was read counts as what it was when it was embedded. */
function presentFiles(
  files: ReadonlyMap<string, readonly string[]>,
  by: {
    readonly index: Pick<PictureIndex, "has">;
    readonly digests: ReadonlyMap<string, string>;
  },
): ReadonlyMap<string, readonly string[]> {
  const present = new Map<string, string[]>();
  for (const [digest, same] of files) {
    for (const file of same) {
      const own = by.digests.get(file) ?? digest;
      if (!by.index.has(own)) continue;
      const others = present.get(own);
      if (others === undefined) present.set(own, [file]);
      else others.push(file);
    }
  }
  return present;
}

function absentFiles(
  files: ReadonlyMap<string, readonly string[]>,
  index: Pick<PictureIndex, "has">,
): readonly { readonly digest: string; readonly file: string }[] {
  return [...files].flatMap(([digest, same]) =>
    index.has(digest) ? [] : same.map((file) => ({ digest, file })),
  );
}
