/**
 * What pictures a model has learnt to see, and the names of those that come with the program; the one
 * place that tells a demo from a model for photographs.
 */

/** The model that comes with the program and answers; it is converted when it is first used. */
export const DEMO_MODEL = "demo";

/** Its companion, which compares pictures with texts. */
export const RETRIEVAL_DEMO = "demo-itm";

/** In the order in which they are listed. */
export const BUNDLED_MODELS = [DEMO_MODEL, RETRIEVAL_DEMO] as const;

export type BundledModel = (typeof BUNDLED_MODELS)[number];

export function isBundled(name: string): name is BundledModel {
  return BUNDLED_MODELS.some((bundled) => bundled === name);
}

/**
 * `everyday`: photographs and whatever else people show; `shapes`: flat coloured shapes and nothing else;
 * `emoji`: drawings of emoji, and shapes.
 */
export const WORLDS = ["everyday", "shapes", "emoji"] as const;

export type World = (typeof WORLDS)[number];

/** What is said of a model that knows little; the editor has its words in its own languages. */
export const LIMITS: Readonly<Record<Exclude<World, "everyday">, string>> = {
  shapes: "Demo model: knows coloured shapes only.",
  emoji: "Demo model: knows emoji and coloured shapes only.",
};

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
  if (world !== undefined) return world;
  if (model === DEMO_MODEL) return "shapes";
  return model === RETRIEVAL_DEMO ? "emoji" : "everyday";
}
