import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { verifyRemote } from "../../../../src/measure/verify/verifyRemote";
import type { GenerateRequest, GenerateResult } from "../../../../src/model/ask/request";
import { kitPath } from "../../../helpers/fixtures";

interface Cases {
  readonly cases: readonly {
    readonly image: string;
    readonly text: string;
    readonly generation: Readonly<Record<string, { settings: object; text: readonly string[] }>>;
  }[];
}

const { cases } = JSON.parse(readFileSync(kitPath("opt", "cases.json"), "utf8")) as Cases;
const { signal } = new AbortController();

/** The settings of a request or a kit under one name each, but for how many texts are wanted. */
function settingsOf(settings: object): string {
  const entries = Object.entries(settings).map(([key, value]: [string, unknown]) => {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return `${name}=${String(value)}`;
  });
  return entries
    .filter((entry) => !entry.startsWith("num_return_sequences"))
    .sort()
    .join();
}

/** Knows the kit by heart. */
function recorded({ imageName, prompt, options = {} }: GenerateRequest): string {
  const words = prompt.kind === "raw" ? prompt.text : "";
  const found = cases.find(({ image, text }) => image === imageName && text === words)!;
  const setting = Object.values(found.generation).find(
    ({ settings }) => settingsOf(settings) === settingsOf(options),
  );
  return setting!.text[0]!;
}

const portOf = (text: (request: GenerateRequest) => string, hasBeams = true) => ({
  ...{ hasBeams, signal, onProgress: () => undefined },
  cleaned: (words: string) => words.trim(),
  generate: (request: GenerateRequest) =>
    Promise.resolve({
      sequences: [{ text: text(request).trim(), tokenIds: [], finishReason: "eos" }],
    } as unknown as GenerateResult),
});

describe("a server that serves a kit's checkpoint", () => {
  it("equals transformers when it says the recorded texts", async () => {
    const { ok, generation, skipped } = await verifyRemote(kitPath("opt"), portOf(recorded));
    assert.equal(ok, true);
    assert.deepEqual(generation["greedy"], { cases: cases.length, equal: cases.length });
    assert.ok(Object.keys(generation).length >= 5);
    assert.ok(
      skipped.every((setting) => /sampl/.test(setting)),
      skipped.join(" "),
    );
  });

  it("deviates when one text is another", async () => {
    let nAsked = 0;
    const port = portOf((request) => (++nAsked === 3 ? "another" : recorded(request)));
    assert.equal((await verifyRemote(kitPath("opt"), port)).ok, false);
  });

  it("is not asked for beams that it does not have", async () => {
    const { generation, skipped } = await verifyRemote(kitPath("opt"), portOf(recorded, false));
    assert.ok(skipped.includes("beam5"));
    assert.equal(generation["beam5"], undefined);
    assert.ok(generation["greedy"] !== undefined);
  });
});
