/** What stands between fences at the beginning of a document, for the tools that build pages of it. */

/** The YAML at the beginning of a document, without its fences; empty when there is none. */
export function frontMatterOf(text: string): string {
  return /^\ufeff?---\r?\n([\s\S]{0,20000}?)\r?\n(?:---|\.\.\.)/.exec(text)?.[1] ?? "";
}

/** Hugo's and Zola's TOML at the beginning of a document, likewise. */
export function tomlFrontMatterOf(text: string): string {
  return /^\ufeff?\+\+\+\r?\n([\s\S]{0,20000}?)\r?\n\+\+\+/.exec(text)?.[1] ?? "";
}
