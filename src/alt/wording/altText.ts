/**
 * What makes a good alternative text, as far as rules can tell (W3C WAI images tutorial, GitHub's
 * accessibility rules, WCAG failure F30): cleaning what a model says, and judging what is there.
 */

import { oneLineText } from "../edit/escape";
import { isFileName, isOwnName } from "./fileNameText";
import type { ImageReference } from "../imageReference";
import { isPlaceholder } from "./placeholderText";

/** What can be wrong with an alternative text, worst first. */
export const ALT_PROBLEMS = [
  "missing",
  "placeholder",
  "filename",
  "redundant-prefix",
  "too-long",
] as const;

export type AltProblem = (typeof ALT_PROBLEMS)[number];

/**
 * No standard has a limit, and no screen reader cuts a text. Of the texts on 19,000 public documents
 * those beyond the 125 characters of many guides were good, so only twice that is told.
 */
export const MAX_ALT_CHARACTERS = 250;

/** Beyond this many UTF-16 units only the length is told, so that patterns stay cheap. */
const LONGEST_JUDGED = 1000;

/**
 * A model's caption as an alternative text: without "a photo of", on one line, beginning with a
 * capital, with its end as it was but no full stop doubled. Nothing is cut for being long.
 * @returns the empty text when the caption says nothing.
 */
export function cleanCaption(caption: string): string {
  let text = withoutQuotes(oneLineText(caption));
  for (;;) {
    const prefix = prefixOf(text, MODEL_PREFIX);
    if (prefix === "") break;
    text = text.slice(prefix.length).trimStart();
  }
  text = text.replace(/[\s.]*\.$/, (end) => (end === "..." ? end : "."));
  // One phrase is no sentence, so it ends without a full stop; several sentences keep theirs.
  if (!/[.!?]\s/.test(text) && !text.endsWith("...")) text = text.replace(/[\s.]+$/, "");
  return capitalised(text);
}

/** True for a text that most guides call too long for an alternative text. */
export function isLongAlt(text: string): boolean {
  return Array.from(oneLineText(text)).length > MAX_ALT_CHARACTERS;
}

/** What is wrong with the alternative text of a picture; null when rules find nothing. */
export function altProblem(reference: ImageReference): AltProblem | null {
  const { altState, isDecorative, isHidden } = reference;
  if (altState === "dynamic" || altState === "named" || isDecorative || isHidden) return null;
  const problem = textProblem(reference.alt ?? "");
  if (problem === "missing" && reference.around?.isOptional === true) return null;
  if (problem !== null && problem !== "too-long") return problem;
  return isOwnName(oneLineText(reference.alt ?? ""), reference.target) ? "filename" : problem;
}

/** What is wrong with a text; null when rules find nothing. The empty text is `missing`. */
export function textProblem(alt: string): AltProblem | null {
  const text = oneLineText(alt);
  if (text === "") return "missing";
  if (text.length > LONGEST_JUDGED) return "too-long";
  if (isPlaceholder(text)) return "placeholder";
  if (isFileName(text)) return "filename";
  if (redundantPrefix(text) !== "") return "redundant-prefix";
  return isLongAlt(text) ? "too-long" : null;
}

/**
 * Words that add nothing, because a screen reader says "image" by itself. "Photograph of" may matter
 * where paintings hang beside, so it is no problem of an existing text, but a model says it of anything.
 */
const REDUNDANT_PREFIX = prefixPattern("image|photo|picture|pic|graphic|img");
const MODEL_PREFIX = prefixPattern("image|photo|photograph|picture|pic|graphic|img");

/** Of a good text the beginning that adds nothing, in the languages that begin so; empty for none. */
export function redundantPrefix(text: string): string {
  return prefixOf(text, REDUNDANT_PREFIX) || prefixOf(text, OTHER_LANGUAGES);
}

/** German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Ukrainian. */
const OTHER_LANGUAGES = new RegExp(
  `^(?:${[
    "(?:(?:ein|das|dieses) )?(?:bild|foto|grafik) (?:von|vom|zeigt|mit)|(?:(?:eine|die) )?abbildung (?:von|vom|zeigt|mit)",
    "(?:(?:une|l['’]|cette) ?)?(?:image|photo) (?:de la|de l['’]|des|de|du|d['’]|montrant|représentant)",
    "(?:(?:una|la|esta) )?(?:imagen|foto) (?:de la|de los|de las|de|del|que muestra|mostrando)",
    "(?:(?:uma|a|esta) )?(?:imagem|foto) (?:de|do|da|dos|das|que mostra|mostrando)",
    "(?:(?:un['’]|una|l['’]) ?)?(?:immagine|foto) (?:di|del|della|dello|dei|delle|dell['’]|che mostra|raffigurante)",
    "(?:(?:een|de) )?(?:afbeelding|foto|plaatje) (?:van|met)",
    "(?:obraz|obrazek|zdjęcie) (?:przedstawia|przedstawiający|przedstawiające|ukazuje|z)",
    "(?:изображение|картинка|фото) (?:с|со|на котором|на которой)|(?:зображення|картинка|фото) (?:з|із|на якому|на якій)",
  ].join("|")})(?: |(?<=['’]))`,
  "i",
);

function prefixPattern(nouns: string): RegExp {
  const lead = "(?:(?:this|here|there|it) is |it's )?(?:(?:an?|the|this) )?";
  const look = "(?:close-?up |black and white |blurry |colou?r )?";
  const link =
    "(?: (?:of|showing|shows|depicting|depicts|featuring|features|that shows) | ?: | ?[-–—] )";
  return new RegExp(`^${lead}${look}(?:${nouns})s?${link}`, "i");
}

/** The redundant words at the beginning with the space behind them, or the empty text. */
function prefixOf(text: string, pattern: RegExp): string {
  // "a photo of" and no more says nothing either.
  return pattern.exec(`${text} `)?.[0] ?? "";
}

function withoutQuotes(text: string): string {
  const match = /^(["'“‘])(.*)(["'”’])$/su.exec(text);
  const inner = match?.[2];
  return inner !== undefined && !/["“”]/.test(inner) ? inner.trim() : text;
}

function capitalised(text: string): string {
  const [first = ""] = Array.from(text);
  return first.toUpperCase() + text.slice(first.length);
}
