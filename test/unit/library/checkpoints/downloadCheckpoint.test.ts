import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { openCheckpoint } from "../../../../src/convert/checkpoint/checkpoint";
import {
  checkpointFiles,
  downloadCheckpoint,
  type DownloadOptions,
} from "../../../../src/library/checkpoints/downloadCheckpoint";
import type { WeightTaker } from "../../../../src/library/checkpoints/downloadWeights";
import { HubClient } from "../../../../src/library/download/hubClient";
import type { HubSettings } from "../../../../src/library/download/hubRoutes";
import { fixturePath } from "../../../helpers/fixtures";
import { HubServer, LISTING } from "../../../helpers/hubServer";
import { temporaryFolder } from "../../../helpers/kitModel";

const SHARDS = [1, 2, 3, 4, 5].map((n) => `model-0000${n}-of-00005.safetensors`);
const SHARD = SHARDS[1]!;
const REPOSITORY = "Salesforce/tiny";
const patience = { nTries: 3, firstPauseMs: 1, maxPauseMs: 4, maxRetryAfterMs: 2000 };

describe("downloadCheckpoint", () => {
  let server: HubServer;
  let folder: string;
  const clients: HubClient[] = [];
  beforeEach(async () => {
    server = await HubServer.start(fixturePath("kits", "t5-odd", "checkpoint"));
    server.files.set("README.md", Buffer.from("A model."));
    server.files.set("pytorch_model.bin", Buffer.alloc(100));
    folder = path.join(await temporaryFolder(), "download");
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.stop();
  });

  /** Keeps every file and needs room for nothing else. */
  const keeper: WeightTaker = {
    ...{ taken: new Set(), pendingBytes: 0, isDeleting: false },
    take: () => Promise.resolve(),
  };

  async function download(
    overrides: Partial<DownloadOptions> = {},
    settings: HubSettings = {},
  ): Promise<void> {
    const hub = new HubClient({ endpoint: server.url, ...settings }, { stallMs: 300 });
    clients.push(hub);
    await downloadCheckpoint({
      ...{ hub, repository: REPOSITORY, revision: "main", folder, patience },
      prepare: () => Promise.resolve(keeper),
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...overrides,
    });
  }

  /** Every file is as published, nothing else is there, and the converter can open it. */
  async function isWhole(): Promise<void> {
    const wanted = [...server.files.keys()].filter((name) => !/^README|\.bin$/.test(name));
    const present = (await readdir(folder)).filter((name) => !/^\.|\.header$/.test(name));
    assert.deepEqual(present.sort(), wanted.sort());
    for (const name of wanted) {
      assert.deepEqual(await readFile(path.join(folder, name)), server.files.get(name), name);
    }
    assert.equal((await openCheckpoint(folder)).weightFiles.length, SHARDS.length);
  }

  it("gets the files that a checkpoint needs and no others, and tells how far it is", async () => {
    const seen: number[] = [];
    let totalBytes = 0;
    await download({
      onProgress: (progress) => {
        seen.push(progress.doneBytes);
        totalBytes = progress.totalBytes;
      },
    });
    await isWhole();
    assert.equal(seen.at(-1), totalBytes);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    assert.ok(!server.requests.some(({ file }) => /^README|\.bin$/.test(file)));
  });

  it("asks for the missing bytes only after a connection was cut, as often as it takes", async () => {
    server.fail(SHARD, { kind: "cut", afterBytes: 1000 });
    server.fail(SHARD, { kind: "cut", afterBytes: 2000 }, { kind: "cut", afterBytes: 500 });
    server.fail(SHARD, { kind: "cut", afterBytes: 500 }, { kind: "cut", afterBytes: 500 });
    await download();
    await isWhole();
    const ranges = server.rangesOf(SHARD);
    assert.equal(ranges[0], "");
    assert.equal(ranges.length, 6);
    for (const range of ranges.slice(1)) assert.match(range, /^bytes=[1-9]\d*-$/);
  });

  it("goes on in another run, after the bytes that are there", async () => {
    const cuts = Array.from({ length: 2 }, () => ({ kind: "cut", afterBytes: 0 }) as const);
    server.fail(SHARD, { kind: "cut", afterBytes: 5000 }, ...cuts);
    await fails(download(), "hub.failed");
    assert.ok((await readdir(folder)).includes(`${SHARD}.partial`));
    await assert.rejects(openCheckpoint(folder));
    server.requests.length = 0;
    let first: number | undefined;
    await download({ onProgress: ({ doneBytes }) => (first ??= doneBytes) });
    await isWhole();
    assert.match(server.rangesOf(SHARD)[0] ?? "", /^bytes=[1-9]\d*-$/);
    // What was whole is not asked for again.
    assert.deepEqual(server.rangesOf("config.json"), []);
  });

  it("can be cancelled and continued", async () => {
    const cancel = new AbortController();
    server.fail(SHARD, { kind: "stall", afterBytes: 4096 });
    const cut = download({
      signal: cancel.signal,
      onProgress: ({ doneBytes, totalBytes }) => {
        if (doneBytes >= totalBytes - server.files.get(SHARD)!.length) cancel.abort();
      },
    });
    await fails(cut, "request.cancelled");
    await download();
    await isWhole();
  });

  it("takes a body that ends too early for a cut", async () => {
    server.fail(SHARD, { kind: "short", afterBytes: 100 });
    await download();
    await isWhole();
    assert.deepEqual(server.rangesOf(SHARD), ["", "bytes=100-"]);
  });

  it("starts a file again when the server sends all of it", async () => {
    server.fail(SHARD, { kind: "short", afterBytes: 100 }, { kind: "whole" });
    await download();
    await isWhole();
  });

  it("starts a file again when it is another one by now", async () => {
    const cuts = Array.from({ length: 2 }, () => ({ kind: "short", afterBytes: 0 }) as const);
    server.fail(SHARD, { kind: "short", afterBytes: 100 }, ...cuts);
    await fails(download(), "hub.failed");
    const changed = Buffer.from(server.files.get(SHARD)!);
    changed[changed.length - 1]! ^= 1;
    server.files.set(SHARD, changed);
    server.commit = "2".repeat(40);
    server.requests.length = 0;
    await download();
    await isWhole();
    assert.deepEqual(server.rangesOf(SHARD), [""]);
  });

  it("notices by the entity tag when a mirror without digests has another file", async () => {
    server.hasDigests = false;
    const cuts = Array.from({ length: 2 }, () => ({ kind: "short", afterBytes: 0 }) as const);
    server.fail(SHARD, { kind: "short", afterBytes: 100 }, ...cuts);
    await fails(download(), "hub.failed");
    const changed = Buffer.from(server.files.get(SHARD)!);
    changed[changed.length - 1]! ^= 1;
    server.files.set(SHARD, changed);
    await download();
    await isWhole();
  });

  it("gets wrong bytes once more, and refuses them when they stay wrong", async () => {
    server.fail(SHARD, { kind: "wrong" });
    await download();
    await isWhole();
    await rm(folder, { recursive: true });
    server.fail(SHARD, { kind: "wrong" }, { kind: "wrong" });
    await fails(download(), "download.corrupt");
    await assert.rejects(openCheckpoint(folder));
  });

  it("checks small files too", async () => {
    server.fail("config.json", { kind: "wrong" }, { kind: "wrong" });
    await fails(download(), "download.corrupt");
    assert.ok(!(await readdir(folder)).includes("config.json"));
  });

  it("refuses more bytes than were promised", async () => {
    server.fail(SHARD, { kind: "surplus" });
    await fails(download(), "download.corrupt");
  });

  it("does not believe bytes that changed on the disk", async () => {
    const cuts = Array.from({ length: 2 }, () => ({ kind: "short", afterBytes: 0 }) as const);
    server.fail(SHARD, { kind: "short", afterBytes: 100 }, ...cuts);
    await fails(download(), "hub.failed");
    await writeFile(path.join(folder, `${SHARD}.partial`), Buffer.alloc(100, 7));
    await download();
    await isWhole();
  });

  it("gives up a connection on which nothing comes, and asks again", async () => {
    server.fail(SHARD, { kind: "stall", afterBytes: 10 });
    await download();
    await isWhole();
    assert.deepEqual(server.rangesOf(SHARD), ["", "bytes=10-"]);
  });

  for (const status of [429, 500, 502, 503, 504]) {
    it(`tries again after status ${status}`, async () => {
      server.fail(LISTING, { kind: "status", status });
      server.fail(SHARD, { kind: "status", status });
      server.fail("config.json", { kind: "status", status });
      await download();
      await isWhole();
    });
  }

  it("asks the hub for a new address when storage does not accept the old one", async () => {
    server.fail(SHARD, { kind: "status", status: 403 });
    await download();
    await isWhole();
    const asked = server.requests.filter((seen) => seen.server === "hub" && seen.file === SHARD);
    assert.equal(asked.length, 2);
  });

  it("waits as long as the server asks for", async () => {
    server.fail(LISTING, { kind: "status", status: 429, retryAfter: "1" });
    const begin = performance.now();
    await download();
    assert.ok(performance.now() - begin >= 990);
  });

  it("says when to come back instead of waiting for too long", async () => {
    server.fail(LISTING, { kind: "status", status: 429, retryAfter: "3600" });
    await fails(download(), "hub.failed", /60 minutes/);
  });

  it("ends with one clear error when the hub stays out of order", async () => {
    server.fail(
      LISTING,
      ...Array.from({ length: 3 }, () => ({ kind: "status", status: 503 }) as const),
    );
    await fails(download(), "hub.failed", /status 503/);
  });

  it("ends with one clear error when nobody answers", async () => {
    const endpoint = server.url;
    await server.stop();
    await fails(download({}, { endpoint }), "hub.unreachable", /refuses connections.*offline\?/);
  });

  it("says that a token is needed, and that a token is not good enough", async () => {
    server.requiredToken = "good";
    await fails(download(), "hub.denied", /asks for a token/);
    await fails(download({}, { token: "bad" }), "hub.denied", /does not accept this token/);
    await download({}, { token: "good" });
    await isWhole();
  });

  it("shows the token to the hub and to nobody else", async () => {
    await download({}, { token: "secret" });
    const tokens = (host: string): readonly unknown[] => [
      ...new Set(server.requests.filter((r) => r.server === host).map((r) => r.authorization)),
    ];
    assert.deepEqual(tokens("hub"), ["Bearer secret"]);
    assert.deepEqual(tokens("storage"), [undefined]);
  });

  it("goes through a proxy, except to hosts that need none", async () => {
    const proxy = await HubServer.start(fixturePath("kits", "t5-odd", "checkpoint"));
    try {
      await download({}, { proxy: proxy.url });
      await isWhole();
      assert.ok(proxy.tunnels.includes(new URL(server.url).host));
      const { length } = proxy.tunnels;
      await rm(folder, { recursive: true });
      await download({}, { env: { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" } });
      await isWhole();
      assert.equal(proxy.tunnels.length, length);
    } finally {
      await proxy.stop();
    }
  });

  it("says what is missing when the disk has too little room, before any weights", async () => {
    const prepare = (): Promise<WeightTaker> => Promise.resolve({ ...keeper, pendingBytes: 1e18 });
    await fails(download({ prepare }), "download.failed", /Free /);
    assert.deepEqual(server.rangesOf(SHARD), []);
  });

  it("keeps nothing of a repository without a checkpoint", async () => {
    server.files.delete("config.json");
    await fails(download(), "hub.missing", /no checkpoint/);
    await assert.rejects(readdir(folder));
  });

  it("gets the Q-Former's tokenizer from its folder, once", async () => {
    const name = "qformer_tokenizer/tokenizer.json";
    const bytes = Buffer.from('{"version":"1.0"}');
    server.files.set(name, bytes);
    server.files.set("qformer_tokenizer/vocab.txt", Buffer.from("[PAD]"));
    await download();
    assert.deepEqual(await readFile(path.join(folder, name)), bytes);
    assert.deepEqual(await readdir(path.join(folder, "qformer_tokenizer")), ["tokenizer.json"]);
    server.requests.length = 0;
    await download();
    assert.deepEqual(server.rangesOf(name), []);
  });

  it("refuses a listing that is none", async () => {
    for (const text of ["<html>", "{}", '{"sha":"main","siblings":[]}', '{"sha":1}']) {
      server.listingText = text;
      await fails(download(), "hub.failed", /[Cc]heck that the endpoint/);
    }
  });

  it("takes no name out of a listing that could be a path", () => {
    const file = (name: string): { name: string; bytes: number } => ({ name, bytes: 1 });
    const names = ["../config.json", "model-00001-of-00001.safetensors/../../x", "/etc/passwd"];
    const files = [...names, "config.json", "model.safetensors"].map(file);
    const kept = checkpointFiles({ files }, REPOSITORY).map(({ name }) => name);
    assert.deepEqual(kept, ["config.json", "model.safetensors"]);
  });

  it("refuses an endpoint and a proxy that are no addresses, and a token in the open", () => {
    for (const settings of [
      { endpoint: "huggingface.co" },
      { endpoint: "file:///etc" },
      { proxy: "http://" },
      { endpoint: "http://mirror.example", token: "secret" },
    ]) {
      const open = (): HubClient => new HubClient(settings);
      assert.throws(open, (thrown) => {
        assert.ok(thrown instanceof AppError);
        assert.equal(thrown.code, "option.invalid");
        return !thrown.message.includes("secret");
      });
    }
  });
});

async function fails(work: Promise<unknown>, code: ErrorCode, pattern = /./): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, pattern);
    return true;
  });
}
