/** Pictures for the tests of search: drawings of things, as the bundled model knows them. */

import { readStyle } from "../../src/world/drawings/meanings";

/** The meanings of emoji, as Unicode's list calls them. */
export const THINGS = [
  ...["red-apple", "green-apple", "banana", "grapes", "strawberry", "lemon", "pear", "cherries"],
  ...["carrot", "broccoli", "ear-of-corn", "mushroom", "bread", "cheese-wedge", "pizza"],
  ...["dog-face", "cat-face", "lion", "tiger-face", "horse-face", "cow-face", "pig-face"],
  ...["fish", "whale", "octopus", "butterfly", "bicycle", "automobile", "bus", "airplane"],
  ...["rocket", "sailboat", "house", "umbrella", "guitar", "violin", "alarm-clock", "key"],
] as const;

/** Each thing as the text of an SVG file, by its name. */
export async function drawingsOf(
  things: readonly string[] = THINGS,
): Promise<ReadonlyMap<string, string>> {
  const { drawings } = await readStyle("noto");
  return new Map(
    things.flatMap((thing) => {
      const drawing = drawings.get(thing);
      if (drawing === undefined) return [];
      const { body, width, height } = drawing;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="160" height="160" viewBox="0 0 ${width} ${height}">${body}</svg>\n`;
      return [[thing, svg] as const];
    }),
  );
}
