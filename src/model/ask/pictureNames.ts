/** Which files are pictures that can be read; the same for the host, the page and the menus. */

/** What sharp reads, by extension and without the dot. */
// prettier-ignore
export const PICTURE_EXTENSIONS: readonly string[] = [
  "png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "avif", "tif", "tiff", "svg",
];

/** The types of such pictures on a clipboard or in a drag, and the extension of a file for them. */
export const EXTENSION_OF_TYPE: ReadonlyMap<string, string> = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpg"],
  ["image/webp", "webp"],
  ["image/gif", "gif"],
  ["image/avif", "avif"],
  ["image/tiff", "tiff"],
  ["image/svg+xml", "svg"],
]);

/** MIME types that hold a picture which can be described. */
export const PASTED_TYPES: readonly string[] = [...EXTENSION_OF_TYPE.keys()];

/** True for the name of a file that is a picture, by its extension. */
export function isPictureName(name: string): boolean {
  const dot = name.lastIndexOf(".");
  return dot > 0 && PICTURE_EXTENSIONS.includes(name.slice(dot + 1).toLowerCase());
}
