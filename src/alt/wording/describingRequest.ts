/** Whether words ask for a description of the picture rather than a question about it; pure. */

import type { Prompt } from "../../model/ask/request";

export type DescriptionLength = "short" | "long";

/** What may stand in for the whole picture. */
const PICTURE =
  "(?:image|picture|pic|photo|photograph|photography|drawing|screenshot|illustration|painting|figure|diagram|graphic|chart|scene|snapshot)";
const THIS_PICTURE = `(?:(?:this|the|that|my|attached|uploaded) ?)*(?:${PICTURE}|it|this|that)`;
const PLEASE = "(?:please|can you|could you|would you|will you|i want you to|kindly)";
const IN_DETAIL =
  "(?:in (?:more |great |full |greater |much more )?details?|in depth|thoroughly|at length|(?:with|using) (?:more |many )?details|more)";

/** English; the whole request has to match, so that "describe the red circle" stays a question. */
const ENGLISH: readonly RegExp[] = [
  `(?:describe|caption)(?: (?:to me|for me))?(?: (?:a|an) )?(?: ?${THIS_PICTURE})?(?: (?:to|for) me)?`,
  `(?:give|write|make|create|generate|provide)(?: me)? (?:a|an|the|some)? ?(?:short |brief |good )?(?:description|caption|alt(?:ernative)? text|summary)(?: (?:of|for) ${THIS_PICTURE})?`,
  `(?:a |the )?(?:short |brief )?(?:description|caption|alt text|summary)(?: (?:of|for) ${THIS_PICTURE})?`,
  `what(?: is|'s|s)? (?:in|on|shown in|depicted in|visible in|going on in|happening in) ${THIS_PICTURE}`,
  `what (?:do|can) (?:you|we|i) see(?: (?:here|(?:in|on) ${THIS_PICTURE}))?`,
  `what (?:does|do) ${THIS_PICTURE} (?:show|depict|display|represent|contain)`,
  `what (?:is|are) (?:shown|depicted|displayed|seen|there)(?: (?:here|(?:in|on) ${THIS_PICTURE}))?`,
  `(?:tell|show) me (?:something |more |all |everything )?(?:about|what is in|what you see (?:in|on)) ${THIS_PICTURE}`,
  `tell me what you (?:can )?see(?: (?:here|in ${THIS_PICTURE}))?`,
  `summari[sz]e ${THIS_PICTURE}`,
].map((words) => new RegExp(`^(?:${PLEASE} )?${words}$`));

/** "a detailed description", "describe … in detail": the same requests, with words for length. */
const LONG_ENGLISH: readonly RegExp[] = [
  new RegExp(`^(.*?) ?${IN_DETAIL}$`),
  /^(.*?)\b(?:detailed|long|longer|full|complete|in-depth|thorough) (.*)$/,
  /^(.*?)\b(?:in detail|fully) (.*)$/,
];

/** In other languages of which people use the words; whole requests, in small letters. */
const BILD =
  "(?:(?:dieses|das|dies|mein) )?(?:bild|foto|fotografie|zeichnung|bildschirmfoto|abbildung|grafik|screenshot|es)";
const GERMAN: readonly RegExp[] = [
  `beschreib(?:e|en sie)?(?: mir)?(?: (?:${BILD}))?`,
  `was (?:ist|siehst du|sieht man|sehen sie|erkennst du|gibt es) (?:hier )?(?:auf|in) (?:diesem|dem|der|dieser) (?:bild|foto|fotografie|zeichnung|abbildung|grafik|screenshot|bildschirmfoto)(?: zu sehen)?`,
  "was (?:siehst du|sieht man|sehen sie|ist zu sehen)(?: hier)?",
  `was zeigt (?:${BILD}|diese (?:zeichnung|abbildung|grafik))`,
].map((words) => new RegExp(`^(?:bitte )?${words}(?: bitte)?$`));
const LONG_GERMAN =
  /^(.*?) ?(?:genauer|genau|ausführlich(?:er)?|detailliert(?:er)?|im detail|näher)( .*)?$/;

/** Of requests people type; anything longer says more than that a description is wanted. */
const MAX_CHARACTERS = 120;

/**
 * What kind of description words ask for; undefined for a question. Case, marks at the end, spaces and
 * courtesies do not count.
 */
export function requestedDescription(text: string): DescriptionLength | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const words = normalised(text);
  if (words === "") return undefined;
  if (isRequest(words)) return "short";
  const cores = [...LONG_ENGLISH, LONG_GERMAN].flatMap((pattern) => {
    const match = pattern.exec(words);
    if (match === null) return [];
    return [normalised(`${match[1] ?? ""} ${match[2] ?? ""}`)];
  });
  return cores.some(isRequest) ? "long" : undefined;
}

function isRequest(words: string): boolean {
  return [...ENGLISH, ...GERMAN].some((pattern) => pattern.test(words));
}

function normalised(text: string): string {
  return text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("\u2019", "'")
    .replace(/[.!?…,;:"“”„]+/g, " ")
    .replace(/\bplease\b/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

/** The prompt for a question that stands alone; the wish for a description is one of its own. */
export function promptOf(question: string): Prompt {
  return requestedDescription(question) === undefined
    ? { kind: "question", question }
    : { kind: "caption" };
}
