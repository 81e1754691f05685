import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { convertModel } from "../../../../src/convert/convertModel";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { loadTokenizer } from "../../../../src/engine/text/tokenizer";
import { Parameters } from "../../../../src/train/parameters";
import { openTrainer } from "../../../../src/train/step/openTrainer";
import { SIDE } from "../../../../src/world/demo/demoShapes";
import { generationTask } from "../../../../src/world/demo/generationTask";
import { LearntWords } from "../../../../src/world/demo/learntWords";
import { newGenerationDemo, newRetrievalDemo } from "../../../../src/world/demo/newDemo";
import { retrievalTask } from "../../../../src/world/demo/retrievalTask";
import { paint } from "../../../../src/world/picture/paint";
import { shapeScene } from "../../../../src/world/scene";
import type { RandomStream } from "../../../../src/engine/decode/sampling";
import type { Scene } from "../../../../src/world/scene";

const END = 7;

/** Shapes alone, which need no package of drawings. */
const world = {
  side: SIDE,
  meanings: new Map([["cat", { label: "cat", kinds: ["an animal"], keywords: ["pet"] }]]),
  scene: shapeScene,
  paint: (scene: Scene, random: RandomStream) =>
    paint(
      scene,
      {
        ...{ side: SIDE, isVaried: true },
        spriteOf: () => {
          throw new Error("A world of shapes has no emoji.");
        },
      },
      random,
    ),
  unseen: () => [],
};

describe("a new demo model", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-demo-"));
    await newRetrievalDemo(path.join(folder, "start"), world, 1);
  });
  after(() => rm(folder, { recursive: true }));

  it("is a checkpoint that the converter takes whole", async () => {
    const checkpoint = path.join(folder, "start");
    await convertModel({ checkpoint, out: path.join(folder, "model"), precision: "f32" });
  });

  it("has queries that differ, and text and query layers that begin alike", async () => {
    const parameters = await Parameters.open(path.join(folder, "start"));
    await parameters.load(parameters.names());
    const queries = parameters.values("query_tokens");
    assert.notDeepEqual(queries.slice(0, 192), queries.slice(192, 384));
    const layer = (suffix: string): Float32Array =>
      parameters.values(`qformer.encoder.layer.0.intermediate${suffix}.dense.weight`);
    assert.deepEqual(layer("_query"), layer(""));
    assert.ok(Math.abs(parameters.values("temp")[0]! - 0.07) < 1e-6);
  });

  it("is tried on drawings that no step sees, each found among all", async () => {
    const parameters = await Parameters.open(path.join(folder, "start"));
    const meaning = { label: "cat", kinds: ["an animal"], keywords: [] };
    const unseen = [0, 0.5, 1].map((gray) => ({
      ...{ slug: `gray-${gray}`, meaning: { ...meaning, label: `cat ${10 * gray}` } },
      planes: new Float32Array(3 * SIDE * SIDE).fill(gray),
    }));
    const task = await retrievalTask({
      ...{ world: { ...world, unseen: () => unseen }, parameters },
      ...{ factory: createOrtSessionFactory(), batch: 2, seed: 3, lesson: "stage1" },
    });
    const figures = (await task.validate?.()) ?? {};
    assert.equal(Object.keys(figures).length, 6);
    assert.equal(figures["text→picture R@5"], 1);
    for (const share of Object.values(figures)) assert.ok([0, 1 / 3, 2 / 3, 1].includes(share));
  });

  for (const { lesson, rate, steps } of [
    { lesson: "teacher", rate: 1e-3, steps: 8 },
    { lesson: "encoder", rate: 1e-3, steps: 8 },
    { lesson: "stage1", rate: 2e-4, steps: 15 },
  ] as const) {
    it(`learns a batch that it sees again and again: ${lesson}`, async () => {
      const parameters = await Parameters.open(path.join(folder, "start"));
      const factory = createOrtSessionFactory();
      const task = await retrievalTask({ world, parameters, factory, batch: 6, seed: 3, lesson });
      const { trained, graph } = task;
      const options = { factory, device: "cpu", parameters, trained, maxNorm: 1 } as const;
      const trainer = await openTrainer(graph, options);
      try {
        const batches = await task.batches(0);
        const losses: number[] = [];
        for (let step = 0; step < steps; step++) {
          const parts = Object.values(await trainer.step(batches, rate));
          losses.push(parts.reduce((sum, part) => sum + part, 0));
        }
        assert.ok(losses.at(-1)! < 0.8 * losses[0]!, losses.join(" "));
      } finally {
        await trainer.release();
      }
    });
  }

  it("gives the one that answers its image encoder and Q-Former, and a language model that learns", async () => {
    const from = await Parameters.open(path.join(folder, "start"));
    const start = path.join(folder, "answering");
    const elsewhere = { meaning: () => ({ label: "cat", kinds: ["an animal"], keywords: [] }) };
    await newGenerationDemo(start, { world: { ...world, elsewhere }, from, seed: 1 });
    const parameters = await Parameters.open(start);
    await parameters.load(parameters.names());
    for (const name of ["vision_model.embeddings.class_embedding", "query_tokens"]) {
      assert.deepEqual(parameters.values(name), from.values(name), name);
    }
    const factory = createOrtSessionFactory();
    const task = await generationTask({
      ...{ world: { ...world, elsewhere }, parameters, factory, batch: 3, seed: 3 },
      ...{ lesson: "language", trials: 16 },
    });
    const { trained, graph } = task;
    const options = { factory, device: "cpu", parameters, trained, maxNorm: 1 } as const;
    const trainer = await openTrainer(graph, options);
    try {
      const batches = await task.batches(0);
      const losses: number[] = [];
      for (let step = 0; step < 8; step++) {
        losses.push((await trainer.step(batches, 1e-3))["lm"] ?? NaN);
      }
      assert.ok(losses.at(-1)! < 0.7 * losses[0]!, losses.join(" "));
    } finally {
      await trainer.release();
    }
    const figures = (await task.validate?.()) ?? {};
    assert.ok(Object.keys(figures).includes("caption"));
    for (const share of Object.values(figures)) assert.ok(share >= 0 && share <= 1);
  });

  it("learns each answer of a chat where the engine would ask for it", async () => {
    const tokenizer = await loadTokenizer(path.join(folder, "answering"));
    const turns = [
      { text: "what is it?", answer: "black cat" },
      { text: "is it an animal?", answer: "yes" },
      { text: "how many cats are there?", answer: "one" },
    ];
    const { ids, says } = new LearntWords(tokenizer, END).chat(turns);
    assert.equal(says.length, ids.length);
    const learnt = new Map<number, number>();
    turns.forEach(({ text, answer }, i) => {
      const before = turns
        .slice(0, i)
        .map((turn) => `Question: ${turn.text} Answer: ${turn.answer}. `);
      const asked = tokenizer.encode(`${before.join("")}Question: ${text} Answer:`);
      assert.deepEqual(ids.slice(0, asked.length), asked, text);
      const words = [...tokenizer.encodeRaw(` ${answer}`), END];
      words.forEach((id, t) => learnt.set(asked.length + t, id));
    });
    assert.deepEqual(new Map(says.flatMap((id, t) => (id === undefined ? [] : [[t, id]]))), learnt);
  });
});
