/** Which precision a large model gets unless somebody chooses; the one rule for imports and downloads. */

/** What a model may take of the machine's memory; the editor and what it works on need the rest. */
const MEMORY_SHARE = 0.5;

/**
 * `balanced`, or `small` where that would take more than half of the memory.
 * @param balancedBytes about what the model takes of the memory as `balanced`.
 * @param memoryBytes of the machine that will run it, all in all.
 */
export function defaultProfile(balancedBytes: number, memoryBytes: number): "balanced" | "small" {
  return balancedBytes <= MEMORY_SHARE * memoryBytes ? "balanced" : "small";
}
