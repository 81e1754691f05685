/**
 * What pictures a model has learnt to see, and the name of the one that comes with the program; the one
 * place that tells a demo from a model for photographs.
 */

/** The model that comes with the program; it is converted when it is first used. */
export const DEMO_MODEL = "demo";

/** `everyday`: photographs and whatever else people show; `shapes`: flat coloured shapes and nothing else. */
export const WORLDS = ["everyday", "shapes"] as const;

export type World = (typeof WORLDS)[number];

/** What is said of a model that knows nothing but shapes; the editor has its words in its own languages. */
export const SHAPES_ONLY = "Demo model: knows coloured shapes only.";

/**
 * What a model knows: its configuration says so once it is loaded, until then its name must do.
 * A demo that was copied or converted elsewhere has another name and the same configuration.
 */
export function worldOf({
  model,
  world,
}: {
  readonly model: string;
  readonly world?: World | undefined;
}): World {
  return world ?? (model === DEMO_MODEL ? "shapes" : "everyday");
}
