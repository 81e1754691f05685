/** Pictures and texts of which is known what belongs together, behind the port of the test for mismatches. */

import { largestCosine } from "../../src/engine/textComparer";
import type { Comparing } from "../../src/search/mismatch/mismatches";
import { SeededRandom } from "./random";
import { unitVectors } from "./unitVectors";

const WIDTH = 64;

/** A world in which picture i is about topic i, and a text about topic i fits it; some pictures like everything. */
export class MismatchWorld {
  readonly #topics: Float32Array[];
  readonly #hubs: number[];
  readonly #random = new SeededRandom(4);
  /** [sentences][clusters]. */
  readonly bank: Float32Array[];

  readonly n: number;

  constructor(n: number) {
    this.n = n;
    this.#topics = Array.from({ length: n }, () => this.#vector());
    this.#hubs = Array.from({ length: n }, (_, i) => (i % 5 === 0 ? 0.3 : 0));
    this.bank = Array.from({ length: 40 }, () => this.#row(this.#vector()));
  }

  #vector(): Float32Array {
    return unitVectors(this.#random, { rows: 1, width: WIDTH });
  }

  #row(text: Float32Array): Float32Array {
    return Float32Array.from(
      this.#topics,
      (topic, i) => 0.5 * largestCosine(topic, text) + this.#hubs[i]!,
    );
  }

  /** Texts are "topic N", with words behind that do not matter here. */
  #topicOf(text: string): number | undefined {
    const found = /^topic (\d+)/.exec(text);
    return found === null ? undefined : Number(found[1]);
  }

  readonly port: Comparing = {
    similarities: (text) => {
      const topic = this.#topicOf(text);
      if (topic === undefined) return Promise.resolve(new Float32Array(this.n).fill(0.2));
      return Promise.resolve(this.#row(this.#topics[topic]!));
    },
    match: (text, cluster) => {
      const logOdds = this.#topicOf(text) === cluster ? 4 : -4;
      return Promise.resolve({ logOdds, probability: 1 / (1 + Math.exp(-logOdds)) });
    },
  };
}
