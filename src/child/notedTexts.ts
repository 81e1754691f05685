/** Keeps in mind what a model wrote for which picture, so that no model learns from it. */

import { createHash } from "node:crypto";
import { writtenTexts } from "../alt/write/describer";
import { noteGenerated } from "../library/store/generatedTexts";
import type { ModelStore } from "../library/store/modelStore";
import type { LoadedModel } from "./enginePort";

export function noting(
  engine: LoadedModel["engine"],
  store: Pick<ModelStore, "root">,
): LoadedModel["engine"] {
  return {
    get info() {
      return engine.info;
    },
    prepare: (params, run) => engine.prepare(params, run),
    generate: async (params, run) => {
      const result = await engine.generate(params, run);
      const { image, prompt } = params;
      const digest =
        image instanceof Uint8Array
          ? createHash("sha256").update(image).digest("hex")
          : image.digest;
      await noteGenerated(store, digest, writtenTexts(prompt, result));
      return result;
    },
    score: (params, run) => engine.score(params, run),
    release: () => engine.release(),
  };
}
