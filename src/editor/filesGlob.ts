/** A pattern for files by their extensions. */

/**
 * All files with these extensions. Patterns mind the case on some systems, and cameras write `.JPG`.
 * @param extensions in small letters, without a dot.
 */
export function filesGlob(extensions: readonly string[]): string {
  const anyCase = (extension: string): string =>
    extension.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  return `**/*.{${extensions.map(anyCase).join(",")}}`;
}
