/** In which order pictures are offered: those that are likely to be meant come first; pure. */

export interface PictureFile {
  readonly uri: string;
  /** Of the URI, with forward slashes. */
  readonly path: string;
}

export interface OrderHints {
  /** URIs that were used last, the latest first. */
  readonly recent: readonly string[];
  /** Path of the document that is being edited. */
  readonly near: string | undefined;
}

export interface OrderedPictures<T extends PictureFile> {
  readonly recent: readonly T[];
  /** In the document's own folder or below it. */
  readonly near: readonly T[];
  readonly others: readonly T[];
}

/** Sorts pictures into groups; within a group the nearest come first, then by name. */
export function orderPictures<T extends PictureFile>(
  pictures: readonly T[],
  { recent, near }: OrderHints,
): OrderedPictures<T> {
  const rank = new Map(recent.map((uri, index) => [uri, index]));
  const folder = near === undefined ? undefined : folderOf(near);
  const byDistance = pictures
    .map((picture) => ({ picture, distance: distanceTo(picture.path, folder) }))
    .sort((a, b) => a.distance - b.distance || byName(a.picture.path, b.picture.path))
    .map(({ picture }) => picture);
  const isRecent = (picture: T): boolean => rank.has(picture.uri);
  const isNear = (picture: T): boolean =>
    folder !== undefined && !isRecent(picture) && picture.path.startsWith(`${folder}/`);
  const rankOf = (picture: T): number => rank.get(picture.uri) ?? 0;
  return {
    recent: byDistance.filter(isRecent).sort((a, b) => rankOf(a) - rankOf(b)),
    near: byDistance.filter(isNear),
    others: byDistance.filter((picture) => !isRecent(picture) && !isNear(picture)),
  };
}

/** Steps up and down the tree from the folder to the picture's. */
function distanceTo(path: string, folder: string | undefined): number {
  if (folder === undefined) return 0;
  const from = folder.split("/");
  const to = folderOf(path).split("/");
  const shared = from.findIndex((name, index) => name !== to[index]);
  const nShared = shared < 0 ? from.length : shared;
  return from.length + to.length - 2 * nShared;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** By character codes and numbers: the same on every machine, and fast for thousands. */
function byName(a: string, b: string): number {
  return COLLATOR.compare(a, b);
}

const COLLATOR = new Intl.Collator("en", { numeric: true });
