/** What no person writes in Markdown, and what parsers of Markdown need quadratic time for. */

/** Containers on one line: 1000 quote marks take tens of milliseconds, 5000 a second (measured). */
const MAX_CONTAINERS = 1000;
/** Brackets without their counterpart: 10,000 of `[a](` take half a second (measured). */
const MAX_UNCLOSED = 10_000;

/** @throws RangeError for a document whose parsing would take longer than people wait. */
export function refuseDeepMarkdown(text: string): void {
  let nSquare = 0;
  let nRound = 0;
  let nContainers = 0;
  let isLineStart = true;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\n" || char === "\r") {
      isLineStart = true;
      nContainers = 0;
    } else if (isLineStart) {
      // A list marker has a space behind it; a long rule of dashes contains none.
      const next = text.charAt(at + 1);
      if (char === ">" || ("-+*.)".includes(char) && (next === " " || next === "\t"))) {
        nContainers++;
      }
      if (!" \t>-+*.)0123456789".includes(char)) isLineStart = false;
      if (nContainers > MAX_CONTAINERS) throw new RangeError("Too many containers on a line.");
    }
    if (char === "[") nSquare++;
    else if (char === "]") nSquare--;
    else if (char === "(") nRound++;
    else if (char === ")") nRound--;
  }
  if (nSquare > MAX_UNCLOSED || nRound > MAX_UNCLOSED) {
    throw new RangeError("Too many unclosed brackets.");
  }
}
