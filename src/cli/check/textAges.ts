/** Which texts are older than their pictures, as git knows: since a commit, or in the whole history. */

import path from "node:path";
import { type Baseline, isRight, NO_BASELINE, rightText } from "../../audit/baseline";
import type { AuditPicture } from "../../audit/rule";
import { AppError } from "../../base/errors";
import type { DocumentImage } from "../documents/altImages";
import { digestOf } from "../documents/pictureDigest";
import { absolute, type Changes, git } from "./changedLines";

/** Lines of a document, from one. */
interface Lines {
  readonly first: number;
  readonly last: number;
}

export interface TextAges {
  /** True for a picture that changed since it came; only its texts can be older. */
  isChanged(picture: string): boolean;
  /** True when a picture changed after these lines did. */
  isOlder(document: string, lines: Lines, picture: string): Promise<boolean>;
}

/** A picture's file changed, and the lines around its text did not. */
export function agesOfChanges(changes: Changes): TextAges {
  return {
    isChanged: (picture) => changes.modified.has(picture),
    isOlder: (document, { first, last }) =>
      Promise.resolve(!changes.touches(document, first, last)),
  };
}

/** Files of pictures, as git's patterns name them. */
const PICTURES = "png jpg jpeg gif webp avif svg bmp tif tiff"
  .split(" ")
  .map((extension) => `:(icase,top)*.${extension}`);

/**
 * Of the commits in which a picture and a text changed last.
 * @throws AppError `option.invalid` outside of a repository, and in one that was fetched without its history.
 */
export async function agesOfHistory(): Promise<TextAges> {
  const ask = (...args: readonly string[]): Promise<string> => git(args, undefined, "--history");
  const root = (await ask("rev-parse", "--show-toplevel")).trim();
  if ((await ask("rev-parse", "--is-shallow-repository")).trim() === "true") {
    throw new AppError(
      "option.invalid",
      "--history needs the whole history, and this repository has a part of it. Run git fetch --unshallow, or leave it out.",
    );
  }
  const log = ["log", "--format=%x01%ct", "--name-only", "--diff-filter=M", "--no-renames", "-z"];
  const last = lastChanges(await ask(...log, "--", ...PICTURES), root);
  const unsaved = ["diff", "--name-only", "--no-renames", "-z", "--diff-filter=M", "HEAD", "--"];
  for (const file of absolute(await ask(...unsaved, ...PICTURES), root)) last.set(file, Infinity);
  const blame = ["blame", "--porcelain", "-w", "--no-textconv"];
  return {
    isChanged: (picture) => last.has(picture),
    isOlder: async (document, { first, last: end }, picture) => {
      // What git does not know was written just now.
      const lines = await ask(...blame, "-L", `${first},${end}`, "--", document).catch(() => "");
      const times = [...lines.matchAll(/^committer-time (\d+)$/gm)].map(([, time]) => Number(time));
      return times.length > 0 && Math.max(...times) < (last.get(picture) ?? 0);
    },
  };
}

/** Seconds of the last commit that changed each picture; the log begins with the newest. */
function lastChanges(log: string, root: string): Map<string, number> {
  const found = new Map<string, number>();
  let time = 0;
  for (const part of log.split(/[\0\n]/)) {
    if (part.startsWith("\u0001")) time = Number(part.slice(1));
    else if (part !== "") {
      const file = path.resolve(root, part);
      if (!found.has(file)) found.set(file, time);
    }
  }
  return found;
}

/** Pictures with what is known of the ages of their texts; a text that somebody called right for its picture is not doubted. */
export async function withAges<T extends DocumentImage & AuditPicture>(
  images: readonly T[],
  ages: TextAges,
  baseline: Baseline = NO_BASELINE,
): Promise<readonly T[]> {
  const told: T[] = [];
  for (const image of images) {
    const isNewerThanText = await isStale(image, ages, baseline);
    told.push(isNewerThanText ? { ...image, isNewerThanText } : image);
  }
  return told;
}

async function isStale(
  { row, resolved }: DocumentImage,
  ages: TextAges,
  baseline: Baseline,
): Promise<boolean> {
  const { alt, range, altRange, file, decorative } = row;
  if (resolved.kind !== "file" || decorative || alt === null || alt.trim() === "") return false;
  const picture = path.resolve(resolved.path);
  if (!ages.isChanged(picture)) return false;
  const ends = [range, altRange ?? range];
  const first = Math.min(...ends.map(({ start }) => start.line)) + 1;
  const last = Math.max(...ends.map(({ end }) => end.line)) + 1;
  if (!(await ages.isOlder(path.resolve(file), { first, last }, picture))) return false;
  if (baseline.right.length === 0) return true;
  return !isRight(baseline, rightText(await digestOf(picture), alt));
}
