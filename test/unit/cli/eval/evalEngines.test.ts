/** `eval` past one process: several of this machine, and a server. */

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { runCli } from "../../../../src/cli/program";
import { answerStreamed, type ChatServer, startChatServer } from "../../../helpers/chatServer";
import { testHost } from "../../../helpers/cliHost";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";
import { KIT_OF, N_PICTURES, writeMiniatures } from "../../../helpers/miniatures";

let data: string;
let home: string;

before(async () => {
  data = await temporaryFolder();
  home = await temporaryFolder();
  await writeMiniatures(data);
});

/** Runs a command; the processes that it starts run in this one. */
const run = async (
  ...args: string[]
): Promise<{ exitCode: number; stdout: string; stderr: string }> => {
  const host = testHost({
    home,
    startAgain: async (again) => {
      const { exitCode, stderr } = await run(...again);
      return { exitCode, stderr };
    },
  });
  const exitCode = await runCli(args, host);
  return { exitCode, stdout: host.stdout.text, stderr: host.stderr.text };
};
const predictions = async (out: string): Promise<string> =>
  await readFile(path.join(out, "predictions.json"), "utf8");

describe("eval --processes", () => {
  for (const task of ["vqav2", "flickr30k"] as const) {
    it(`predicts ${task} as one process does, to the byte`, async () => {
      const [whole, parts] = [await temporaryFolder(), await temporaryFolder()];
      const model = await kitModel(KIT_OF[task]);
      const given = ["eval", task, "--data", data, "--model", model, "--device", "cpu", "--k", "4"];
      const limited = [...given, "--limit", "5"];
      assert.equal((await run(...limited, "--out", whole)).exitCode, 0);
      const divided = await run(...limited, "--out", parts, "--processes", "2", "--json");
      assert.equal(divided.exitCode, 0, divided.stderr);
      assert.match(divided.stderr, /each with a model of its own: 2\./);
      assert.equal(await predictions(parts), await predictions(whole));
      assert.equal((JSON.parse(divided.stdout) as { n: number }).n, 5);
    });
  }

  it("waits for embeddings that another process still writes, whatever their size divides by", async () => {
    const [whole, parts] = [await temporaryFolder(), await temporaryFolder()];
    const model = await kitModel(KIT_OF.flickr30k);
    const given = ["eval", "predict", "flickr30k", "--data", data, "--model", model, "--k", "4"];
    const args = [...given, "--device", "cpu", "--out"];
    await run(...args, whole);
    const shard = (part: string) => run(...args, parts, "--shard", part);
    await shard("2/2");
    for (const side of ["texts", "pictures"]) {
      const file = path.join(parts, `${side}-2-of-2.f32`);
      const all = await readFile(file);
      // Each row is half as long to whoever counts rows and not bytes.
      await writeFile(file, all.subarray(0, all.length / 2));
      const early = await shard("1/2");
      assert.equal(early.exitCode, 0, early.stderr);
      await assert.rejects(readFile(path.join(parts, "predictions-1-of-2.json")), side);
      await writeFile(file, all);
    }
    await shard("1/2");
    await shard("2/2");
    assert.equal(await predictions(parts), await predictions(whole));
  });

  it("says what a process said that failed, and goes on with what is there", async () => {
    const out = await temporaryFolder();
    const model = await kitModel("opt");
    const given = ["eval", "predict", "gqa", "--data", data, "--model", model, "--out", out];
    const args = [...given, "--device", "cpu", "--processes", "3"];
    const failing = testHost({
      home,
      startAgain: async (again) =>
        again.includes("2/3")
          ? { exitCode: 1, stderr: "one line\nsightline: The disk is full.\n" }
          : await run(...again),
    });
    assert.equal(await runCli(args, failing), 1);
    assert.match(failing.stderr.text, /A process failed\. It said: The disk is full\./);
    const again = await run(...args);
    assert.match(again.stderr, /of its own: 1\./);
    assert.equal((JSON.parse(await predictions(out)) as unknown[]).length, N_PICTURES);
  });

  it("is not for somebody's own parts", async () => {
    const { stderr } = await run("eval", "gqa", "--processes", "2", "--shard", "1/2");
    assert.match(stderr, /--processes makes the parts itself/);
  });
});

describe("eval --model remote:NAME", () => {
  let server: ChatServer;
  let nMost = 0;

  before(async () => {
    let nOpen = 0;
    server = await startChatServer(async ({ words }, response) => {
      nMost = Math.max(nMost, ++nOpen);
      await new Promise((resolve) => setTimeout(resolve, 20));
      nOpen--;
      answerStreamed(response, words.length % 2 === 0 ? "red" : "blue");
    });
    const endpoint = { name: "gpu", url: server.url, dialect: "transformers", model: "tiny" };
    await writeFile(
      path.join(home, "remote.json"),
      JSON.stringify([{ ...endpoint, family: "t5", imageSize: 56 }]),
    );
  });
  after(() => server.close());

  it("asks a server in the words of the paper, several items at once, and keeps their order", async () => {
    const out = await temporaryFolder();
    const given = ["--data", data, "--model", "remote:gpu", "--out", out, "--json"];
    const { exitCode, stdout, stderr } = await run("eval", "vqav2", ...given);
    assert.equal(exitCode, 0, stderr);
    const rows = JSON.parse(await predictions(out)) as readonly { question_id: number }[];
    const ids = rows.map((row) => row.question_id);
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
    );
    assert.ok(server.asked.every(({ words }) => /^Question: .* Short answer:$/.test(words)));
    assert.ok(nMost > 1, `${nMost} at once`);
    const result = JSON.parse(stdout) as {
      run: { model: string; device: string; modelHash: string };
    };
    assert.equal(result.run.device, "remote");
    assert.match(result.run.modelHash, /^tiny at 127\.0\.0\.1:\d+$/);
  });

  it("is not for retrieval", async () => {
    const { stderr } = await run("eval", "flickr30k", "--data", data, "--model", "remote:gpu");
    assert.match(stderr, /does not compare pictures/);
  });
});
