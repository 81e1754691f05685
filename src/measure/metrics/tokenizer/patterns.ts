/** Regular patterns as values, so that a lexer can follow all of them at once; knows no language. */

export type Pattern =
  | { readonly kind: "one"; readonly has: (unit: number) => boolean }
  | { readonly kind: "sequence"; readonly parts: readonly Pattern[] }
  | { readonly kind: "choice"; readonly parts: readonly Pattern[] }
  | {
      readonly kind: "repeat";
      readonly of: Pattern;
      readonly min: number;
      /** Infinity for any number. */
      readonly max: number;
    };

/** Patterns, or texts that stand for themselves in either case. */
type Part = Pattern | string;

/**
 * One UTF-16 unit of a class, such as "[a-z]"; case matters. Halves of a character beyond the basic plane belong to
 * a class only if it names what it does not have, as in "[^ ]".
 */
export function one(characterClass: string): Pattern {
  const tested = new RegExp(characterClass, "u");
  const hasHalves = characterClass.startsWith("[^");
  return {
    kind: "one",
    has: (unit) => (isSurrogate(unit) ? hasHalves : tested.test(String.fromCharCode(unit))),
  };
}

/** Any UTF-16 unit at all. */
export const ANY: Pattern = { kind: "one", has: () => true };

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

export function sequence(...parts: readonly Part[]): Pattern {
  return { kind: "sequence", parts: parts.map(patternOf) };
}

export function choice(...parts: readonly Part[]): Pattern {
  return { kind: "choice", parts: parts.map(patternOf) };
}

/** A choice of texts in either case, written with blanks between. */
export function words(list: string): Pattern {
  return choice(...list.trim().split(/\s+/));
}

/** A choice of texts whose first letter is as it stands, and the rest in either case. */
export function capitals(list: string): Pattern {
  const asWritten = (word: string): Pattern => sequence(one(`[${word.charAt(0)}]`), word.slice(1));
  return choice(...list.trim().split(/\s+/).map(asWritten));
}

export function repeat(part: Part, min: number, max: number): Pattern {
  return { kind: "repeat", of: patternOf(part), min, max };
}

export const some = (part: Part): Pattern => repeat(part, 1, Infinity);
export const any = (part: Part): Pattern => repeat(part, 0, Infinity);
export const maybe = (part: Part): Pattern => repeat(part, 0, 1);

function patternOf(part: Part): Pattern {
  if (typeof part !== "string") return part;
  const parts = Array.from(part, (letter): Pattern => {
    const cases = [letter.toLowerCase(), letter.toUpperCase()].map((either) =>
      either.charCodeAt(0),
    );
    return { kind: "one", has: (unit) => cases.includes(unit) };
  });
  return { kind: "sequence", parts };
}
