/** A command's entry in the roll of engines, so that windows know who holds memory and reads the models. */

import { type EngineEntry, EngineRoll } from "../../roll/engineRoll";

/** What changes while a model is held. */
export interface HeldModel {
  /** What it is about to take while it loads. */
  plannedBytes: number;
  isLoaded: boolean;
}

/** Runs work that loads a model, with an entry for it; a machine without a roll runs it all the same. */
export async function withRollEntry<T>(
  { model, store }: Pick<EngineEntry, "model" | "store">,
  work: (held: HeldModel) => Promise<T>,
): Promise<T> {
  const held: HeldModel = { plannedBytes: 0, isLoaded: false };
  const roll = new EngineRoll({
    describe: () => ({
      holder: "command",
      model,
      store,
      state: held.isLoaded ? "busy" : "loading",
      bytes: held.isLoaded ? process.memoryUsage.rss() : held.plannedBytes,
    }),
    // Whoever started the command waits for what it says.
    release: () => Promise.resolve(false),
  });
  await roll.join();
  try {
    return await work(held);
  } finally {
    await roll.dispose();
  }
}
