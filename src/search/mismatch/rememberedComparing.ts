/** What was compared once is not compared again, as long as the pictures are the same. */

import type { PictureMatch } from "../../model/ask/request";
import type { Comparing } from "./mismatches";

export class ComparingMemory {
  #of = "";
  readonly #rows = new Map<string, Promise<Float32Array>>();
  readonly #matches = new Map<string, Promise<PictureMatch>>();

  /** @param of what the clusters are; of others nothing is known. */
  remembering(port: Comparing, of = ""): Comparing {
    if (of !== this.#of) {
      this.#rows.clear();
      this.#matches.clear();
    }
    this.#of = of;
    return {
      similarities: (text) => once(this.#rows, text, () => port.similarities(text)),
      match: (text, cluster) =>
        once(this.#matches, `${cluster} ${text}`, () => port.match(text, cluster)),
    };
  }
}

/** What failed or was cancelled is tried again. */
function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}
