import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { PromptReads } from "../../../src/disk/promptReads";

describe("PromptReads", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "sightline-reads-"));
    writeFileSync(path.join(folder, "a.md"), "small");
    writeFileSync(path.join(folder, "large.md"), Buffer.alloc(2 << 20, 7));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** @returns whether threads were asked: nothing else lets a timer have its turn. */
  async function asksThreads(reads: PromptReads, name = "a.md"): Promise<boolean> {
    let hadTurn = false;
    const turn = setImmediate(() => (hadTurn = true));
    const bytes = await reads.read(path.join(folder, name), () => undefined);
    clearImmediate(turn);
    assert.equal(bytes.length, name === "a.md" ? 5 : 2 << 20);
    return hadTurn;
  }

  it("reads at once what a disk gives at once, and lets others have their turn now and then", async () => {
    const reads = new PromptReads(() => 0);
    const turns: boolean[] = [];
    for (let n = 1; n <= 130; n++) turns.push(await asksThreads(reads));
    assert.deepEqual(
      turns.flatMap((had, n) => (had ? [n + 1] : [])),
      [64, 128],
    );
  });

  it("leaves a disk that answers late to threads, and large files always", async () => {
    let nowMs = 0;
    const reads = new PromptReads(() => (nowMs += 8));
    const turns: boolean[] = [];
    for (let n = 0; n < 6; n++) turns.push(await asksThreads(reads));
    assert.deepEqual(turns, [false, false, false, true, true, true]);
    assert.ok(await asksThreads(new PromptReads(() => 0), "large.md"));
  });

  it("opens nothing that is refused, and says why a file cannot be read", async () => {
    for (const now of [() => 0, clock()]) {
      const reads = new PromptReads(now);
      for (let n = 0; n < 5; n++) {
        await assert.rejects(
          reads.read(folder, (found) => {
            assert.ok(found.isFile(), "no file");
          }),
          /no file/,
        );
        await assert.rejects(
          reads.read(path.join(folder, "gone"), () => undefined),
          {
            code: "ENOENT",
          },
        );
        await asksThreads(reads);
      }
    }
  });

  function clock(): () => number {
    let nowMs = 0;
    return () => (nowMs += 100);
  }
});
