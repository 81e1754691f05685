import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { HubClient } from "../../../../src/library/download/hubClient";
import { earlyHeader, type HeaderJob } from "../../../../src/library/checkpoints/weightHeaders";
import { headerOf, HubServer } from "../../../helpers/hubServer";
import { temporaryFolder } from "../../../helpers/kitModel";

const FILE = "model.safetensors";

describe("the header of a weight file that has not arrived", () => {
  let server: HubServer;
  let folder: string;
  let hub: HubClient;
  beforeEach(async () => {
    folder = await temporaryFolder();
    server = await HubServer.start(folder);
    hub = new HubClient({ endpoint: server.url }, { stallMs: 300 });
  });
  afterEach(async () => {
    await hub.close();
    await server.stop();
  });

  /** One tensor; the header is as long as it is told. */
  function publish(headerBytes: number): Buffer {
    const text = '{"x":{"dtype":"U8","shape":[500000],"data_offsets":[0,500000]}}';
    const file = Buffer.alloc(8 + headerBytes + 500_000, 7);
    file.writeBigUInt64LE(BigInt(headerBytes));
    file.write(text.padEnd(headerBytes), 8);
    server.files.set(FILE, file);
    return file;
  }

  const job = (): HeaderJob => ({
    ...{ hub, folder, repository: "a/b", commit: server.commit },
    file: { name: FILE, bytes: server.files.get(FILE)?.length ?? 0 },
    signal: new AbortController().signal,
    patience: { nTries: 3, firstPauseMs: 1, maxPauseMs: 1, maxRetryAfterMs: 1 },
  });

  for (const headerBytes of [64, 300_000]) {
    it(`is asked for by itself, and once only, with ${headerBytes} bytes`, async () => {
      const file = publish(headerBytes);
      const { pieces, header } = await earlyHeader(job());
      assert.deepEqual([...header.tensors.keys()], ["x"]);
      assert.equal(header.fileBytes, file.length);
      for (const { position, bytes } of pieces) {
        assert.ok(file.subarray(position, position + bytes.length).equals(bytes));
      }
      const asked = server.requests.length;
      assert.ok(server.requests.every((seen) => seen.file === headerOf(FILE)));
      assert.ok((await earlyHeader(job())).header.tensors.has("x"));
      assert.equal(server.requests.length, asked);
    });
  }

  it("is read from the file when it is there", async () => {
    await writeFile(path.join(folder, FILE), publish(100));
    assert.ok((await earlyHeader(job())).header.tensors.has("x"));
    assert.deepEqual(server.requests, []);
  });

  it("is asked for again when only a part of it was remembered", async () => {
    publish(100);
    await earlyHeader(job());
    const remembered = path.join(folder, `${FILE}.header`);
    const whole = await readFile(remembered);
    await writeFile(remembered, whole.subarray(0, 50));
    assert.ok((await earlyHeader(job())).header.tensors.has("x"));
    assert.deepEqual(await readFile(remembered), whole);
  });

  it("is given up when it does not arrive, and when the hub does not have it", async () => {
    publish(100);
    const short = Array.from({ length: 3 }, () => ({ kind: "short", afterBytes: 50 }) as const);
    server.fail(headerOf(FILE), ...short);
    await assert.rejects(earlyHeader(job()), { code: "hub.failed" });
    const wanted = job();
    server.files.delete(FILE);
    await assert.rejects(earlyHeader(wanted), { code: "hub.missing" });
  });

  it("is refused when it would be longer than the file", async () => {
    publish(100).writeBigUInt64LE(1_000_000n);
    await assert.rejects(earlyHeader(job()), { code: "checkpoint.corrupt" });
  });
});
