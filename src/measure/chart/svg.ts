/** What charts in SVG have in common: colours for white and for dark pages, a head, and text made safe. */

import { oneLine } from "../../base/cleanText";

/** Colours of text and bars; text is at least 4.3:1 and a bar 3:1 on white and on GitHub's #0d1117. */
export const CHART_COLORS = {
  text: "#797979",
  ours: ["#2f81f7", "#1a9c8c", "#a371f7"],
  transformers: ["#8b8f96", "#767b83", "#686d75"],
} as const;

/** Opens a picture that screen readers can name and describe. */
export function svgHead({
  width,
  height,
  title,
  description,
}: {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly description: string;
}): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`,
    ` viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc"`,
    ` font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"`,
    ` font-size="13" fill="${CHART_COLORS.text}">\n`,
    `<title id="title">${escaped(title)}</title>\n`,
    `<desc id="desc">${escaped(description)}</desc>\n`,
  ].join("");
}

// prettier-ignore
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text between tags; what XML does not allow at all becomes a replacement character. */
export function escaped(text: string): string {
  return oneLine(text)
    .replace(/[\ud800-\udfff\ufffe\uffff]/gu, "\ufffd")
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? "");
}
