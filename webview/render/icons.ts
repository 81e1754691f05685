/** The page's own small pictures: outlines on a grid of 16 that take the colour of the text. */

/** Outlines as path data, drawn with a line of 1.1 units. */
const PATHS = {
  add: "M8 3v10M3 8h10",
  alert: "M8 2.2 14.4 13.4H1.6ZM8 6.4v3.4M8 11.4v.4",
  arrowUp: "M8 13V3.4M3.8 7.4 8 3.2l4.2 4.2",
  check: "m3 8.6 3.2 3.2L13 4.6",
  chevron: "m5 6.5 3 3 3-3",
  close: "m4 4 8 8M12 4l-8 8",
  copy: "M5.5 5.5v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2M3.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1Z",
  decorative: "M2.5 8h11M8 1.9a6.1 6.1 0 1 0 0 12.2A6.1 6.1 0 0 0 8 1.9Z",
  error: "M8 1.9a6.1 6.1 0 1 0 0 12.2A6.1 6.1 0 0 0 8 1.9ZM8 4.8v3.9M8 10.8v.4",
  insert: "M2.5 3.5h11M2.5 12.5h11M13.5 8H6M8.6 5.4 6 8l2.6 2.6",
  picture:
    "M3 2.5h10a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM2.2 11.6l3.6-3.8 2.8 2.9 1.8-1.8 3.4 3.3M10.6 5.1a.9.9 0 1 0 0 1.8.9.9 0 0 0 0-1.8Z",
  remove:
    "M2.8 4.5h10.4M6 4.5v-1a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1M4.2 4.5l.5 8a1 1 0 0 0 1 1h4.6a1 1 0 0 0 1-1l.5-8M6.8 7v4M9.2 7v4",
  retry: "M13.2 8a5.2 5.2 0 1 1-1.6-3.7M13.4 2.2v3h-3",
  skip: "m4 4 5 4-5 4ZM11.5 4v8",
  suppress: "M8 1.9a6.1 6.1 0 1 0 0 12.2A6.1 6.1 0 0 0 8 1.9ZM3.8 3.8l8.4 8.4",
  stop: "M4.6 4.6h6.8v6.8H4.6Z",
} as const;

export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** A new drawing; it says nothing to a screen reader, so what it stands for needs a name of its own. */
export function icon(name: IconName): SVGSVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  for (const [key, value] of [
    ["viewBox", "0 0 16 16"],
    ["width", "16"],
    ["height", "16"],
    ["aria-hidden", "true"],
    ["class", `icon icon-${name}`],
  ] as const) {
    drawing.setAttribute(key, value);
  }
  const outline = document.createElementNS(SVG, "path");
  outline.setAttribute("d", PATHS[name]);
  drawing.append(outline);
  return drawing;
}
