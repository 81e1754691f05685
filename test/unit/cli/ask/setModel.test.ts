import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { SetModel } from "../../../../src/cli/ask/setModel";
import type { Blip2Engine } from "../../../../src/engine/blip2Engine";
import type { Prompt } from "../../../../src/model/ask/request";

const ANSWERS = "blip-vqa-base";
const DESCRIBES = "blip-image-captioning-base";

describe("a set on the command line", () => {
  let did: string[];
  let model: SetModel;
  beforeEach(() => {
    did = [];
    model = new SetModel({ name: "blip-base", open: (name) => Promise.resolve(engineOf(name)) });
  });

  function engineOf(name: string): Blip2Engine {
    did.push(`open ${name}`);
    return {
      generate: () => Promise.resolve(void did.push("generate")),
      release: () => Promise.resolve(void did.push(`release ${name}`)),
      info: { name },
    } as unknown as Blip2Engine;
  }

  const generate = (prompt: Prompt): Promise<unknown> =>
    model.engine.generate({ image: new Uint8Array(1), prompt });

  it("opens the model for each request, one at a time and only where it changes", async () => {
    assert.equal(model.name, "blip-base");
    await generate({ kind: "chat", turns: [], question: "what?" });
    await generate({ kind: "question", question: "what?" });
    assert.equal(model.name, ANSWERS);
    await generate({ kind: "caption" });
    await generate({ kind: "raw", text: "a" });
    assert.deepEqual([model.name, model.engine.info.name], [DESCRIBES, DESCRIBES]);
    await model.release();
    await model.release();
    assert.deepEqual(did, [
      ...[`open ${ANSWERS}`, "generate", "generate", `release ${ANSWERS}`],
      ...[`open ${DESCRIBES}`, "generate", "generate", `release ${DESCRIBES}`],
    ]);
  });

  it("refuses what no model of it can do, and opens none", async () => {
    await assert.rejects(model.engine.score({ image: new Uint8Array(1), texts: ["a"] }), {
      code: "model.unsupported",
      message:
        'The model "blip-base" does not compare pictures with texts. Choose an image-text matching model.',
    });
    assert.deepEqual(did, []);
  });

  it("says how the missing part is got, and passes on what else goes wrong", async () => {
    const failing = (code: "model.missing" | "model.corrupt"): void => {
      const open = (): Promise<never> => Promise.reject(new AppError(code, "No."));
      model = new SetModel({ name: "blip-base", open });
    };
    failing("model.missing");
    await assert.rejects(
      generate({ kind: "caption" }),
      /describes pictures, is not here.*: sightline models add blip-base$/,
    );
    failing("model.corrupt");
    await assert.rejects(generate({ kind: "caption" }), { code: "model.corrupt", message: "No." });
    assert.throws(() => model.engine.info, /No model of the set/);
  });
});
