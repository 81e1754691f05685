/** The little grammar that the texts of the world need. */

/** Last words of names that take no article: more than one, or nothing to count. */
const NO_ARTICLE = new Set(
  (
    "rice bread bacon meat honey salt butter cheese popcorn chocolate fire fog rain snow wind water tea " +
    "milk sake money music ice hair art curry spaghetti sushi luggage lightning people feet men women " +
    "children hugging kissing dancing wrestling bathing music science medicine paper mail clothing food"
  ).split(" "),
);

/** Words in s that are one thing. */
const SINGULAR_S =
  /(ss|us|is|lens|gas|tennis|series)$|^(christmas|canvas|compass|atlas|bus|cactus|octopus|lotus)$/;

const IRREGULAR: Readonly<Record<string, string>> = {
  man: "men",
  woman: "women",
  child: "children",
  person: "people",
  mouse: "mice",
  foot: "feet",
  tooth: "teeth",
  leaf: "leaves",
  wolf: "wolves",
  knife: "knives",
  sheep: "sheep",
  fish: "fish",
  deer: "deer",
};

/** "red apple" → "a red apple", "scissors" → "scissors". */
export function withArticle(name: string): string {
  const last = name.slice(name.lastIndexOf(" ") + 1);
  if (isPlural(last) || NO_ARTICLE.has(last)) return name;
  const startsWithVowel =
    /^([aeio]|u(?!ni|se|k\b)|hour|8|11|18)/.test(name) && !/^one\b/.test(name);
  return `${startsWithVowel ? "an" : "a"} ${name}`;
}

/** "red apple" → "red apples". */
export function plural(name: string): string {
  const cut = name.lastIndexOf(" ") + 1;
  const last = name.slice(cut);
  if (isPlural(last)) return name;
  return name.slice(0, cut) + (IRREGULAR[last] ?? regularPlural(last));
}

function regularPlural(word: string): string {
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

function isPlural(word: string): boolean {
  return /[a-z]s$/.test(word) && !SINGULAR_S.test(word);
}

/** "a, b and c". */
export function enumerate(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${parts.slice(-1).join("")}`;
}

/** 0 to 4. */
export function numberWord(count: number): string {
  return ["zero", "one", "two", "three", "four"][count] ?? String(count);
}
