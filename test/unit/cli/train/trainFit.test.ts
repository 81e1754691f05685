import assert from "node:assert/strict";
import { appendFile, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runCli } from "../../../../src/cli/program";
import { openModelFolder, verifyFiles } from "../../../../src/engine/session/modelFolder";
import { MemorySink, testHost, type TestHost } from "../../../helpers/cliHost";
import { writeColorPairs } from "../../../helpers/colorPairs";
import { kitModel } from "../../../helpers/kitModel";

/** A terminal that is interrupted when it shows a text. */
class InterruptedSink extends MemorySink {
  onText: { readonly text: string; readonly act: () => void } | undefined;

  constructor() {
    super({ isTTY: true });
  }

  override write(text: string): void {
    super.write(text);
    if (this.onText !== undefined && text.includes(this.onText.text)) this.onText.act();
  }
}

describe("sightline train fit", () => {
  let home = "";
  let pairs = "";
  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "sightline-fit-"));
    pairs = await writeColorPairs(path.join(home, "pictures"));
    const models = {
      ...{ itm: ["itm", "f32"], small: ["itm", "w8a8"] },
      ...{ opt: ["opt", "int8:16"], t5: ["t5", "balanced"], instruct: ["instructblip-t5", "f32"] },
    };
    for (const [name, [kit = "", precision]] of Object.entries(models)) {
      await cp(await kitModel(kit, precision), path.join(home, "models", name), {
        recursive: true,
      });
    }
  });
  after(() => rm(home, { recursive: true }));

  const at = (...names: string[]): string => path.join(home, "models", ...names);
  const cli = async (...args: string[]): Promise<{ code: number; host: TestHost }> => {
    const host = testHost({ home });
    return { code: await runCli(args, host), host };
  };
  const learn = (...args: string[]): ReturnType<typeof cli> =>
    cli("train", "fit", ...args, "--rate", "2e-3");
  const filesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

  it("makes a new model that finds held-out pictures better and shares what did not learn", async () => {
    const before = await readFile(at("itm", "qformer.onnx_data"));
    const { code, host } = await learn(pairs, "--model", "itm", "--epochs", "8", "--json");
    assert.equal(code, 0, host.stderr.text);
    const result = JSON.parse(host.stdout.text) as {
      model: string;
      before: Record<string, number>;
      after: Record<string, number>;
      pairs: Record<string, number>;
    };
    assert.equal(result.model, "itm-learnt");
    assert.deepEqual(result.pairs, { train: 29, heldOut: 7 });
    assert.ok(result.after["text→picture R@1"]! > result.before["text→picture R@1"]!);
    assert.ok(result.after["itc"]! < result.before["itc"]!);
    const model = await openModelFolder(at("itm-learnt"));
    await verifyFiles(model);
    for (const name of await readdir(at("itm"))) {
      const [old, own] = [await stat(at("itm", name)), await stat(at("itm-learnt", name))];
      const isShared = old.ino === own.ino;
      assert.equal(isShared, !/^(qformer\.onnx_data|manifest\.json)$/.test(name), name);
    }
    assert.deepEqual(await readFile(at("itm", "qformer.onnx_data")), before);
    // What the work took is gone.
    assert.deepEqual(await filesOf(path.join(home, "training")), []);
  });

  it("gives a model that answers by its name, and goes without taking the old one along", async () => {
    const picture = path.join(path.dirname(pairs), "red-0.png");
    const score = async (model: string): Promise<string> => {
      const scored = await cli("score", picture, "a red picture", "--model", model, "--json");
      assert.equal(scored.code, 0, scored.host.stderr.text);
      return JSON.stringify((JSON.parse(scored.host.stdout.text) as { scores: unknown }).scores);
    };
    const old = await score("itm");
    assert.notEqual(await score("itm-learnt"), old);
    assert.equal((await cli("models", "remove", "itm-learnt")).code, 0);
    assert.equal(await score("itm"), old);
  });

  it("goes on after an interruption to the same model, to the bit", async () => {
    const args = ["--model", "itm", "--epochs", "3"];
    assert.equal((await learn(pairs, ...args, "--name", "whole")).code, 0);
    const stderr = new InterruptedSink();
    const host = testHost({ home, stderr });
    const act = (): void => {
      host.interrupts.interrupt("SIGINT");
    };
    stderr.onText = { text: "step 5 of", act };
    const flags = [...args, "--rate", "2e-3", "--name", "parts"];
    assert.equal(await runCli(["train", "fit", pairs, ...flags], host), 130);
    assert.match(stderr.text, /The same command goes on from there/);
    assert.deepEqual(await filesOf(at("parts")), []);
    assert.equal((await learn(pairs, ...args, "--name", "parts")).code, 0);
    const weights = (name: string): Promise<Buffer> => readFile(at(name, "qformer.onnx_data"));
    assert.deepEqual(await weights("parts"), await weights("whole"));
  });

  it("writes a rounded Q-Former rounded, and judges it as it was written", async () => {
    const { code, host } = await learn(pairs, "--model", "small", "--epochs", "4", "--json");
    assert.equal(code, 0, host.stderr.text);
    const { manifest } = await openModelFolder(at("small-learnt"));
    const qformer = manifest.parts.find(({ name }) => name === "qformer");
    assert.deepEqual(qformer?.precision, { kind: "w8a8" });
    const sizes = await Promise.all(
      ["small", "small-learnt"].map(
        async (name) => (await stat(at(name, "qformer.onnx_data"))).size,
      ),
    );
    assert.equal(sizes[0], sizes[1]);
  });

  it("makes no model when the held-out pictures are not found better", async () => {
    const { code, host } = await cli(
      ...["train", "fit", pairs, "--model", "itm", "--epochs", "1", "--rate", "0.5"],
    );
    assert.equal(code, 1, host.stderr.text);
    assert.match(host.stdout.text, /got no better, so there is no new model; "itm" stays/);
    assert.deepEqual(await filesOf(at("itm-learnt")), []);
  });

  for (const name of ["opt", "t5"]) {
    it(`teaches captions through a rounded language model: ${name}`, async () => {
      const { code, host } = await learn(pairs, "--model", name, "--epochs", "3", "--json");
      assert.equal(code, 0, host.stderr.text);
      const result = JSON.parse(host.stdout.text) as Record<string, Record<string, number>>;
      assert.deepEqual(Object.keys(result["after"]!), ["lm", "CIDEr"]);
      assert.ok(result["after"]!["lm"]! < 0.95 * result["before"]!["lm"]!, host.stdout.text);
      for (const file of ["decoder.onnx_data", "vision_encoder.onnx_data"]) {
        const [old, own] = [await stat(at(name, file)), await stat(at(`${name}-learnt`, file))];
        assert.equal(old.ino, own.ino);
      }
      const picture = path.join(path.dirname(pairs), "red-0.png");
      assert.equal((await cli("caption", picture, "--model", `${name}-learnt`)).code, 0);
    });
  }

  it("leaves out pictures that cannot be seen, and says so", async () => {
    const folder = path.join(home, "damaged");
    await cp(path.dirname(pairs), folder, { recursive: true });
    await writeFile(path.join(folder, "red-0.png"), "no picture");
    const line = { image: "gone.png", text: "gone" };
    await appendFile(path.join(folder, "pairs.jsonl"), JSON.stringify(line));
    const { code, host } = await learn(folder, "--model", "itm", "--epochs", "1", "--json");
    assert.equal(code, 0, host.stderr.text);
    const { leftOut } = JSON.parse(host.stdout.text) as { leftOut: Record<string, string> };
    assert.deepEqual(Object.values(leftOut).sort(), ["unreadable", "unreadable"]);
  });

  it("refuses what cannot work before it computes anything", async () => {
    const few = await writeColorPairs(path.join(home, "few"), 1);
    const cases: readonly (readonly [args: string[], message: RegExp])[] = [
      [[few, "--model", "itm"], /There are 6 pictures with texts, and at least 10 are needed/],
      [[path.join(home, "none.jsonl"), "--model", "itm"], /There is no file or folder/],
      [[pairs, "--model", "none"], /There is no model "none"/],
      [[pairs, "--model", "itm", "--name", "small"], /cannot be called "small".*--name small-2/],
      [[pairs, "--model", "itm", "--name", "../x"], /cannot be called/],
      [[pairs, "--model", "itm", "--epochs", "0"], /--epochs must be a whole number/],
      [[pairs, "--model", "itm", "--batch", "1"], /--batch must be a whole number from 2/],
      [[pairs, "--model", "itm", "--task", "captions"], /"itm" does not learn captions/],
      [[pairs, "--model", "opt", "--task", "retrieval"], /"opt" does not learn to find/],
      [[pairs, "--model", "instruct"], /"instruct" does not learn captions/],
    ];
    for (const [args, message] of cases) {
      const { code, host } = await cli("train", "fit", ...args);
      assert.notEqual(code, 0, args.join(" "));
      assert.match(host.stderr.text, message);
    }
    assert.deepEqual(
      (await filesOf(at())).filter((name) => name.includes("partial")),
      [],
    );
  });
});
