/** Each benchmark in miniature, by one command: whole, stopped and gone on with, and in shards. */

import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../../../src/base/logger";
import { runCli } from "../../../../src/cli/program";
import { FeatureCache } from "../../../../src/engine/picture/featureCache";
import { loadModelParts, releaseParts } from "../../../../src/engine/session/modelParts";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { floats } from "../../../../src/engine/session/session";
import { captionText } from "../../../../src/engine/text/captionText";
import { loadTokenizer } from "../../../../src/engine/text/tokenizer";
import { largestCosine } from "../../../../src/engine/textComparer";
import { readCaptions } from "../../../../src/measure/eval/data/captionFiles";
import type { EvalResult } from "../../../../src/measure/eval/report/evalResult";
import { EVAL_TASKS, type EvalTask } from "../../../../src/measure/eval/tasks";
import { testHost } from "../../../helpers/cliHost";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";
import { IO } from "../../../../src/model/graph/graphContract";
import { KIT_OF, N_PICTURES, writeMiniatures } from "../../../helpers/miniatures";

describe("eval TASK", () => {
  let data: string;
  let home: string;

  before(async () => {
    data = await temporaryFolder();
    home = await temporaryFolder();
    await writeMiniatures(data);
  });

  const run = async (
    task: EvalTask,
    out: string,
    ...more: string[]
  ): Promise<{ exitCode: number; stdout: string; stderr: string }> => {
    const host = testHost({ home });
    const model = await kitModel(KIT_OF[task]);
    const exitCode = await runCli(
      [
        "eval",
        task,
        "--data",
        data,
        "--model",
        model,
        "--device",
        "cpu",
        "--out",
        out,
        "--k",
        "4",
        ...more,
      ],
      host,
    );
    return { exitCode, stdout: host.stdout.text, stderr: host.stderr.text };
  };
  const predictions = async (out: string): Promise<string> =>
    await readFile(path.join(out, "predictions.json"), "utf8");

  for (const task of EVAL_TASKS) {
    it(`predicts and scores ${task}, and the same in shards of any order`, async () => {
      const [whole, parts] = [await temporaryFolder(), await temporaryFolder()];
      const { exitCode, stdout, stderr } = await run(task, whole, "--json");
      assert.equal(exitCode, 0, stderr);
      const result = JSON.parse(stdout) as EvalResult;
      assert.equal(result.isWhole, false);
      assert.ok(
        result.figures.every(({ ours, paper }) => Number.isFinite(ours) && paper === undefined),
      );
      assert.equal(result.n, task === "vqav2" || task === "okvqa" ? 2 * N_PICTURES : N_PICTURES);
      assert.match(stderr, /s for each of \d+ (?:question|picture)s, .* outside the engine/);
      // A retrieval's pairs wait for the embeddings of all, so that a shard is run a second time.
      for (const shard of ["3/3", "1/3", "2/3", "1/3", "3/3"]) {
        const part = await run(task, parts, "--shard", shard, "--json");
        assert.equal(part.exitCode, 0, part.stderr);
      }
      assert.equal(await predictions(parts), await predictions(whole));
    });
  }

  it("does every task with the demos, where no model is named", async () => {
    const demoCheckpoint = path.resolve("models", "demo");
    for (const task of EVAL_TASKS) {
      const host = testHost({ home, demoCheckpoint });
      const out = await temporaryFolder();
      const args = ["eval", task, "--data", data, "--device", "cpu", "--out", out, "--json"];
      assert.equal(await runCli(args, host), 0, host.stderr.text);
      const { figures, run: made } = JSON.parse(host.stdout.text) as EvalResult;
      assert.equal(
        made.model,
        task === "flickr30k" || task === "coco-retrieval" ? "demo-itm" : "demo",
      );
      assert.ok(figures.length > 0 && figures.every(({ ours }) => Number.isFinite(ours)));
    }
  });

  it("never prints the paper's column for a part, and says that it is one", async () => {
    const out = await temporaryFolder();
    const { stdout } = await run("vqav2", out, "--limit", "3");
    assert.match(stdout, /VQAv2 val, subset of 3 of 214354 questions/);
    assert.doesNotMatch(stdout, /PAPER/);
    const limited = JSON.parse(await predictions(out)) as unknown[];
    assert.equal(limited.length, 3);
  });

  for (const task of ["vqav2", "flickr30k"] as const) {
    it(`goes on where ${task} was cut, at any byte, to the same file`, async () => {
      const whole = await temporaryFolder();
      await run(task, whole);
      const text = Buffer.from(await predictions(whole));
      const info = await readFile(path.join(whole, "predictions.info.json"));
      for (const cut of [0, 1, 2, 3, 40, text.length >> 1, text.length - 4, text.length - 1]) {
        const out = await temporaryFolder();
        await writeFile(path.join(out, "predictions.json.partial"), text.subarray(0, cut));
        await writeFile(path.join(out, "predictions.info.json"), info);
        if (task === "flickr30k") {
          const embedded = await readFile(path.join(whole, "pictures.f32"));
          await writeFile(path.join(out, "pictures.f32"), embedded.subarray(0, cut));
        }
        const { exitCode, stderr } = await run(task, out);
        assert.equal(exitCode, 0, stderr);
        assert.deepEqual(Buffer.from(await predictions(out)), text, `cut at ${cut}`);
      }
    });
  }

  it("does not go on with another model, preset or part", async () => {
    const out = await temporaryFolder();
    await run("vqav2", out);
    assert.match(
      (await run("vqav2", out, "--limit", "2")).stderr,
      /made with another n: 12, and now it is 2/,
    );
    assert.match((await run("vqav2", out, "--preset", "lavis")).stderr, /made with another preset/);
    const again = await run("vqav2", out);
    assert.equal(again.exitCode, 0);
    const other = await temporaryFolder();
    await copyFile(
      path.join(out, "predictions.info.json"),
      path.join(other, "predictions.info.json"),
    );
    await writeFile(
      path.join(other, "predictions.json.partial"),
      '[\n{"question_id":1,"answer":""},\n',
    );
    assert.match(
      (await run("vqav2", other)).stderr,
      /is of another run: its row 1 is of another item/,
    );
  });

  it("counts pictures that are not there, and goes on without them when told to", async () => {
    const folder = await temporaryFolder();
    await writeMiniatures(folder);
    await rm(path.join(folder, "images", "n0.jpg"));
    const out = await temporaryFolder();
    const missing = await run("gqa", out, "--data", folder);
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stderr, /1 of 6 pictures are not below .*, such as n0\.jpg/);
    const part = await run("gqa", out, "--data", folder, "--allow-missing", "--json");
    assert.equal((JSON.parse(part.stdout) as EvalResult).n, N_PICTURES - 1);
  });

  it("refuses what it cannot do, with a reason", async () => {
    const out = await temporaryFolder();
    assert.match((await run("vqav2", out, "--shard", "4/3")).stderr, /--shard must be like 2\/8/);
    assert.match(
      (await run("vqav2", out, "--split", "train")).stderr,
      /has the splits val, test, test-dev/,
    );
    assert.match(
      (await run("vqav2", out, "--model", await kitModel("itm"))).stderr,
      /does not answer questions/,
    );
    assert.match(
      (await run("flickr30k", out, "--model", await kitModel("opt"))).stderr,
      /does not compare pictures/,
    );
    assert.match(
      (await run("vqav2", out, "--data", out)).stderr,
      /has no v2_OpenEnded_mscoco_val2014_questions/,
    );
    await mkdir(path.join(out, "file"));
    assert.match(
      (await run("vqav2", out, "--model", "blip-base")).stderr,
      /A set has several models/,
    );
  });

  it("never reads a picture outside the benchmark's folder", async () => {
    const folder = await temporaryFolder();
    const secret = path.join(folder, "..", "secret.jpg");
    await copyFile(path.join(data, "images", "0.jpg"), secret);
    const list = [
      { image: "../secret.jpg", caption: ["a"] },
      { image: secret, caption: ["b"] },
    ];
    await writeFile(path.join(folder, "coco_karpathy_test.json"), JSON.stringify(list));
    const { stderr } = await run("coco-captions", await temporaryFolder(), "--data", folder);
    assert.match(stderr, /2 of 2 pictures are not below/);
  });

  for (const task of ["flickr30k", "coco-retrieval"] as const) {
    it(`computes each pair of ${task} once, to the bit as the naive loop over texts and pictures`, async () => {
      const out = await temporaryFolder();
      await run(task, out, "--k", "3");
      const rows = JSON.parse(await predictions(out)) as readonly {
        readonly pairs: readonly (readonly [text: number, itc: number, itm: number])[];
      }[];
      const folder = await kitModel(KIT_OF[task]);
      const tokenizer = await loadTokenizer(folder);
      const parts = await loadModelParts({
        ...{ folder, device: "cpu", logger: silentLogger },
        factory: createOrtSessionFactory(),
        featureCacheOf: () => new FeatureCache(),
      });
      const naive = new Map<string, readonly number[]>();
      try {
        const captions = await readCaptions(
          path.join(
            data,
            task === "flickr30k" ? "dataset_flickr30k.json" : "coco_karpathy_test.json",
          ),
        );
        for (const [text, caption] of captions.flatMap((one) => one.captions).entries()) {
          const ids = tokenizer.encode(captionText(caption));
          const { values } = await parts.comparer!.embed(ids);
          for (const [i, { file }] of captions.entries()) {
            const name = path.join(data, task === "flickr30k" ? "images" : "", file);
            const { key: imageKey, features } = await parts.images.features({
              ...{ image: await readFile(name), alpha: "drop" },
            });
            const imageFeatures = floats(features.get(IO.imageFeatures));
            const matchIds = parts.comparer!.matchIds(ids);
            const [logits] = await parts.comparer!.matchLogits(matchIds, [
              { imageKey, imageFeatures },
            ]);
            const itc = largestCosine(floats(features.get(IO.imageEmbeds)), values);
            naive.set(`${i} ${text}`, [Math.fround(itc), logits![1]!]);
          }
        }
      } finally {
        await releaseParts(parts);
      }
      for (const [i, { pairs }] of rows.entries()) {
        assert.ok(pairs.length >= 3 && new Set(pairs.map(([text]) => text)).size === pairs.length);
        for (const [text, ...scores] of pairs) assert.deepEqual(scores, naive.get(`${i} ${text}`));
      }
    });
  }

  it("predicts apart from scoring", async () => {
    const out = await temporaryFolder();
    const host = testHost({ home });
    const model = await kitModel("opt");
    const args = [
      "predict",
      "vqav2",
      "--data",
      data,
      "--model",
      model,
      "--device",
      "cpu",
      "--out",
      out,
    ];
    assert.equal(await runCli(["eval", ...args], host), 0, host.stderr.text);
    assert.equal(host.stdout.text, "");
    const rows = JSON.parse(await predictions(out)) as readonly object[];
    assert.deepEqual(Object.keys(rows[0]!), ["question_id", "answer"]);
  });
});
