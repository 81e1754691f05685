/** What kind of thing an emoji shows, by the subgroups of Unicode's emoji list. */

/** Kinds of a subgroup's members, the most exact first, each as it is asked for: "is it an animal?" */
const KINDS: readonly (readonly [first: number, last: number, ...kinds: string[]])[] = [
  [0, 11, "a face"],
  [12, 12, "a cat face", "a face"],
  [13, 13, "a monkey face", "a face"],
  [14, 14, "a heart", "a symbol"],
  [15, 15, "a symbol"],
  [16, 21, "a hand"],
  [22, 22, "a body part"],
  [23, 29, "a person"],
  [30, 30, "a family"],
  [31, 31, "a symbol"],
  [34, 34, "a mammal", "an animal"],
  [35, 35, "a bird", "an animal"],
  [36, 36, "an amphibian", "an animal"],
  [37, 37, "a reptile", "an animal"],
  [38, 38, "a sea animal", "an animal"],
  [39, 39, "an insect", "an animal"],
  [40, 40, "a flower", "a plant"],
  [41, 41, "a plant"],
  [42, 42, "a fruit", "food"],
  [43, 43, "a vegetable", "food"],
  [44, 45, "food"],
  [46, 46, "a sweet", "food"],
  [47, 47, "a drink"],
  [48, 48, "tableware"],
  [49, 50, "a place"],
  [51, 52, "a building", "a place"],
  [53, 53, "a place"],
  [54, 54, "a land vehicle", "a vehicle"],
  [55, 55, "a boat", "a vehicle"],
  [56, 56, "an aircraft", "a vehicle"],
  [57, 57, "an object"],
  [58, 58, "a clock"],
  [59, 59, "weather"],
  [60, 60, "a celebration"],
  [61, 61, "a medal"],
  [62, 62, "a sport"],
  [63, 63, "a game"],
  [64, 64, "art"],
  [65, 65, "clothing"],
  [66, 67, "music"],
  [68, 68, "a musical instrument"],
  [69, 71, "a device"],
  [72, 72, "paper"],
  [73, 73, "money"],
  [74, 74, "mail"],
  [75, 76, "an office thing"],
  [77, 77, "a lock"],
  [78, 78, "a tool"],
  [79, 79, "science"],
  [80, 80, "medicine"],
  [81, 81, "a household thing"],
  [82, 82, "an object"],
  [83, 84, "a sign"],
  [85, 85, "an arrow"],
  [86, 86, "a religious symbol", "a symbol"],
  [87, 87, "a zodiac sign", "a symbol"],
  [88, 95, "a symbol"],
  [96, 96, "a shape"],
  [97, 97, "a flag"],
];

/** What Unicode lists with animals, plants and vehicles although it is none. */
const NOT_OF_ITS_GROUP =
  /\b(paw prints|feather|nest|egg|web|coral|shell|wheel|tire|stop|sign|light|fuel|barrel|anchor|buoy|seat|parachute|construction|track|motorway|bone)\b/;

/** The kinds of things that a meaning is one of. */
export function kindsOf(subgroup: number, label: string): readonly string[] {
  const row = KINDS.find(([first, last]) => subgroup >= first && subgroup <= last);
  if (row === undefined) return ["an object"];
  const [, , ...kinds] = row;
  const isLoose = (subgroup >= 34 && subgroup <= 41) || (subgroup >= 54 && subgroup <= 56);
  return isLoose && NOT_OF_ITS_GROUP.test(label) ? ["an object"] : kinds;
}

/** Every kind there is. */
export const ALL_KINDS: readonly string[] = [...new Set(KINDS.flatMap(([, , ...kinds]) => kinds))];

/** "an animal" → "animal". */
export function bareKind(kind: string): string {
  return kind.replace(/^an? /, "");
}
