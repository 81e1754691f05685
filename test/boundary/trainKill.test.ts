import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RandomStream } from "../../src/engine/decode/sampling";
import { CliProcess, runCliProcess } from "../helpers/cliProcess";
import { writeColorPairs } from "../helpers/colorPairs";
import { fixturePath } from "../helpers/fixtures";

const KILLS = 10;

describe("a training that is killed at ten moments", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-kill-"));
    await writeColorPairs(path.join(folder, "pictures"), 2);
  });
  after(() => rm(folder, { recursive: true }));

  const argsOf = async (out: string): Promise<string[]> => {
    const file = path.join(folder, `${out}.json`);
    const config = {
      ...{ start: fixturePath("training", "stage1", "checkpoint"), pairs: "pictures", out },
      ...{ steps: 12, batch: 4, rate: 1e-3, heldOut: 0, saveEvery: 1, objectives: ["itc"] },
    };
    await writeFile(file, JSON.stringify(config));
    return ["train", "stage1", "--config", file];
  };

  it("ends with the parameters of one that was left alone, to the bit", async () => {
    const begin = performance.now();
    const whole = await runCliProcess(await argsOf("whole"), { home: folder });
    assert.equal(whole.exitCode, 0, whole.stderr);
    const wholeMs = performance.now() - begin;
    const random = RandomStream.seeded(1);
    const args = await argsOf("killed");
    for (let i = 0; i < KILLS; i++) {
      const running = new CliProcess(args, folder);
      // Most of a short run is its beginning, and nothing can go wrong there.
      await Promise.race([sleep(wholeMs * (0.4 + 0.6 * random.nextUnit())), running.ended()]);
      running.child.kill("SIGKILL");
      await running.ended();
    }
    const last = await runCliProcess(args, { home: folder });
    assert.equal(last.exitCode, 0, last.stderr);
    for (const name of ["model", "heads", "optimizer"]) {
      const read = (out: string): Promise<Buffer> =>
        readFile(path.join(folder, out, "checkpoint", `${name}.safetensors`));
      assert.deepEqual(await read("killed"), await read("whole"), name);
    }
  });
});
