/** The built command line when it is interrupted, or when nobody reads what it prints. */

import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { CliProcess, runCliProcess } from "../helpers/cliProcess";
import { fixturePath } from "../helpers/fixtures";
import { growVocabulary } from "../helpers/largeCheckpoint";

const checkpoint = (kit: string): string => fixturePath("kits", kit, "checkpoint");
const PHOTO = fixturePath("kits", "opt", "images", "photo.png");
/** More tokens than any test waits for; T5 has no table of positions that could end before. */
const ENDLESS = ["--max-new-tokens", "4096", "--min-new-tokens", "4096"];

describe("the command line, interrupted", () => {
  const home = mkdtempSync(path.join(tmpdir(), "sightline-signals-"));
  const t5 = ["--model", path.join(home, "t5"), "--device", "cpu"];

  before(async () => {
    const args = ["convert", checkpoint("t5"), path.join(home, "t5")];
    const outcome = await runCliProcess(args, { home });
    assert.equal(outcome.exitCode, 0, outcome.stderr);
  });
  after(() => rm(home, { recursive: true }));

  it("ends quietly when its reader has seen enough", async () => {
    const pictures = Array.from({ length: 200 }, () => PHOTO);
    const running = new CliProcess(["caption", ...pictures, ...t5], home);
    await running.until("stdout", /\n/);
    running.child.stdout.destroy();
    const { exitCode, stdout, stderr } = await running.ended();
    assert.equal(stderr, "");
    assert.equal(exitCode, 0);
    assert.ok(stdout.split("\n").length < pictures.length);
  });

  it("stops an answer at Ctrl-C, answers the next question, and leaves at an idle Ctrl-C", async () => {
    const running = new CliProcess(["chat", PHOTO, ...ENDLESS, ...t5], home);
    running.child.stdin.write("what is it?\n");
    await running.until("stdout", /\S/);
    running.child.kill("SIGINT");
    await running.until("stderr", /Stopped\./);
    running.child.stdin.write("and now?\n");
    await running.until("stdout", /\S.*\n.*\S/);
    running.child.kill("SIGINT");
    await running.until("stderr", /Stopped\.[^]*Stopped\./);
    running.child.kill("SIGINT");
    const { exitCode } = await running.ended();
    assert.equal(exitCode, 130);
  });

  it("leaves nothing behind when it is interrupted, and exits with 130", async () => {
    const folder = await mkdtemp(path.join(home, "interrupted-"));
    const large = path.join(folder, "checkpoint");
    await cp(checkpoint("opt"), large, { recursive: true });
    await growVocabulary(large, 400_000);
    const running = new CliProcess(["convert", large, path.join(folder, "out")], home);
    await running.until("stderr", /Converting: \d+%/);
    running.child.kill("SIGINT");
    const { exitCode, stdout } = await running.ended();
    assert.equal(exitCode, 130);
    assert.equal(stdout, "");
    assert.deepEqual(await readdir(folder), ["checkpoint"]);
  });

  describe("when it is interrupted while it answers", () => {
    for (const [signal, expected] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      it(`ends its line and exits with ${expected} at ${signal}`, async () => {
        const running = new CliProcess(["ask", PHOTO, "what is it?", ...ENDLESS, ...t5], home);
        await running.until("stdout", /\S/);
        running.child.kill(signal);
        const { exitCode, stdout, stderr } = await running.ended();
        assert.equal(exitCode, expected);
        assert.ok(stdout.endsWith("\n"));
        assert.equal(stderr, "");
      });
    }

    it("exits with 130 while it waits for a picture", async () => {
      const running = new CliProcess(["ask", "-", "what is it?"], home);
      // More than the pipe holds: it is written when the process has begun to read.
      await new Promise<void>((resolve) => {
        running.child.stdin.write(Buffer.alloc(8 << 20), () => {
          resolve();
        });
      });
      running.child.kill("SIGINT");
      assert.equal((await running.ended()).exitCode, 130);
    });
  });
});
