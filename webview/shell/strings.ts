/** A page's texts in the user's language, as the extension wrote them into the page. */

/** Every key and its name; one that is missing or unknown does not compile. */
export type Names<Strings> = { readonly [K in keyof Strings & string]: K };

/**
 * The texts of `data-strings`.
 * A text that is absent shows its key: a button with a strange name still works, an empty page does not.
 */
export function readStrings<Strings extends Record<keyof Strings, string>>(
  names: Names<Strings>,
  json: string | undefined,
): Record<keyof Strings & string, string> {
  const given = parse(json);
  const texts: Record<keyof Strings & string, string> = { ...names };
  for (const key of Object.values<keyof Strings & string>(names)) {
    const text = given.get(key);
    if (typeof text === "string") texts[key] = text;
  }
  return texts;
}

/** Puts values in the places of `{0}`, `{1}` and so on. */
export function fillIn(text: string, ...values: readonly string[]): string {
  return text.replace(/\{(\d)\}/g, (place, nth: string) => values[Number(nth)] ?? place);
}

function parse(json: string | undefined): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(json ?? "{}");
    return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}
