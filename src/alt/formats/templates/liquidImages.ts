/** Shopify's filter `image_tag` in Liquid: `{{ image | image_url | image_tag: alt: name }}`. */

import type { ImageReference } from "../../imageReference";
import type { TemplateCode } from "../../tags/templateCode";
import { plainImage, slotAt } from "../plainImage";

const FILTER = /\|\s*(?:image_tag|img_tag)\b\s*(?::((?:'[^']*'|"[^"]*"|[^|'"])*))?/;

export function liquidCalls(text: string, codes: readonly TemplateCode[]): ImageReference[] {
  return codes.flatMap(({ start, end, role }) => {
    const code = text.slice(start, end);
    if (role !== "output" || !code.startsWith("{{")) return [];
    const filter = FILTER.exec(code);
    if (filter === null) return [];
    const path = /^\{\{-?\s*(?:'([^']*)'|"([^"]*)")/.exec(code);
    const address = path?.[1] ?? path?.[2];
    const given = filter[1] ?? "";
    // Of old the first value was the text.
    const isOld = filter[0].includes("img_tag");
    const alt = (
      isOld ? /^\s*(?:('[^']*'|"[^"]*")|[^,}\s])/ : /\balt:\s*(?:('[^']*'|"[^"]*")|[^,}\s])/
    ).exec(given);
    const literal = alt?.[1];
    const isComputed = alt !== null && literal === undefined;
    // The shop fills in what is recorded with a picture of its own.
    const isNamed = alt === null && address === undefined;
    const literalStart =
      start +
      filter.index +
      filter[0].length -
      given.length +
      (alt?.index ?? 0) +
      (alt?.[0].length ?? 0) -
      (literal?.length ?? 0);
    const span = { start: literalStart + 1, end: literalStart + (literal?.length ?? 2) - 1 };
    return [
      plainImage({
        language: "liquid",
        syntax: "shortcode",
        span: { start, end },
        target:
          address === undefined
            ? { kind: "dynamic", value: code.slice(2, -2).trim() }
            : { kind: "url", value: address, tries: [`assets/${address}`, `../assets/${address}`] },
        alt: literal === undefined ? null : { text: literal.slice(1, -1), span },
        ...(isComputed
          ? { state: "dynamic" as const }
          : isNamed
            ? { state: "named" as const }
            : {}),
        slot:
          literal === undefined
            ? "computed"
            : slotAt({ start: span.start - 1, end: span.end + 1 }, "shortcode", {
                quote: literal.startsWith("'") ? "'" : '"',
              }),
      }),
    ];
  });
}
