/** Templates of Vue in Pug: told by their marks, because Pug is not read. */

/** True for a component whose template is written in Pug and names a picture. */
export function hasPugImages(text: string): boolean {
  const start = text.search(/<template\b[^<>]*\blang\s*=\s*["']?(?:pug|jade)\b[^<>]*>/i);
  if (start < 0) return false;
  const end = text.indexOf("\n</template", start);
  const template = text.slice(start, end < 0 ? text.length : end);
  return /^[ \t]*<img|(?:^[ \t]*|:[ \t]+|#\[)(?:v-)?img(?:[.#][\w-]+)*\(/im.test(template);
}
