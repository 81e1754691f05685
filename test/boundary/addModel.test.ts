/** A published model, from the hub's server to an answer: in the child's process and by the command line. */

import type { AddedModel } from "../../src/model/ask/models";
import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import { systemClock } from "../../src/host/process/clock";
import { EngineClient } from "../../src/host/process/engineClient";
import { type EngineProcess, forkEngine } from "../../src/host/process/engineProcess";
import { CliProcess, type CliOutcome } from "../helpers/cliProcess";
import { fixturePath } from "../helpers/fixtures";
import { HubServer, LISTING } from "../helpers/hubServer";
import { temporaryFolder } from "../helpers/kitModel";
import { isAlive } from "../helpers/waiting";

/** Under the smallest model's name, so that the room that it needs is there. */
const NAME = "blip2-itm-vit-g";
const WEIGHTS = "model.safetensors";
/** Between two looks at how much has arrived; without it both processes would do nothing but talk. */
const POLL_MS = 20;

describe("a model of the catalogue", () => {
  let server: HubServer;
  let home: string;
  const processes: EngineProcess[] = [];
  let client: EngineClient;
  beforeEach(async () => {
    server = await HubServer.start(fixturePath("kits", "itm", "checkpoint"));
    home = await temporaryFolder();
    client = new EngineClient({
      startProcess: () => {
        const child = forkEngine({
          childFile: path.resolve("dist", "child.js"),
          env: { SIGHTLINE_HOME: home, HF_HOME: home },
          logger: silentLogger,
          clock: systemClock,
        });
        processes.push(child);
        return child;
      },
      logger: silentLogger,
      restart: { firstDelayMs: 1, maxDelayMs: 10 },
    });
  });
  afterEach(async () => {
    await client.dispose();
    await server.stop();
    for (const { pid } of processes.splice(0)) assert.equal(isAlive(pid ?? 0), false);
  });

  const add = (signal?: AbortSignal): Promise<AddedModel> =>
    client.call("addModel", { name: NAME, hub: { endpoint: server.url } }, { signal });

  it("is downloaded, converted and loaded by the child", async () => {
    const { entries, freeBytes } = await client.call("catalog", {});
    assert.equal(entries.length, 21);
    assert.ok(freeBytes > 0);
    assert.deepEqual(server.requests, []);
    const added = await add();
    assert.deepEqual(
      { ...added, folder: "" },
      {
        ...{ name: NAME, folder: "", source: "hub", kind: "retrieval" },
      },
    );
    assert.equal((await client.call("load", { model: NAME, device: "cpu" })).kind, "retrieval");
    const after = (await client.call("catalog", {})).entries.find(({ name }) => name === NAME);
    assert.deepEqual(after?.models, [NAME]);
  });

  it("goes on after the child was killed in the middle of it", async () => {
    server.fail(WEIGHTS, { kind: "stall", afterBytes: 500_000 });
    const cut = add();
    const hasBegun = async (): Promise<boolean> =>
      ((await client.call("catalog", {})).entries.find(({ name }) => name === NAME)?.partialBytes ??
        0) >= 500_000;
    while (!(await hasBegun())) await delay(POLL_MS);
    processes[0]?.killNow();
    await assert.rejects(
      cut,
      (thrown) => thrown instanceof AppError && thrown.code === "engine.exited",
    );
    await add();
    assert.match(server.rangesOf(WEIGHTS)[1] ?? "", /^bytes=[1-9]\d*-$/);
  });

  it("keeps what has arrived when it is cancelled, until it is told to delete it", async () => {
    server.fail(WEIGHTS, { kind: "stall", afterBytes: 500_000 });
    const cancel = new AbortController();
    const cut = add(cancel.signal);
    const arrived = async (): Promise<number> =>
      (await client.call("catalog", {})).entries.find(({ name }) => name === NAME)?.partialBytes ??
      0;
    while ((await arrived()) < 500_000) await delay(POLL_MS);
    cancel.abort();
    await assert.rejects(
      cut,
      (thrown) => thrown instanceof AppError && thrown.code === "request.cancelled",
    );
    assert.ok((await client.call("deleteDownload", { name: NAME })).freedBytes >= 500_000);
    assert.equal(await arrived(), 0);
  });

  it("is added, listed and removed by the command line", async () => {
    const before = await run(["models", "list"]);
    assert.match(before.stdout, /^blip2-opt-2\.7b\b[^]*? 15\.5 GB to download, .*MIT/m);
    const added = await run(["models", "add", NAME, "--yes", "--endpoint", server.url, "--json"]);
    assert.equal(added.exitCode, 0, added.stderr);
    assert.match(added.stderr, /Downloading: 100%[^]*Converting: 100%/);
    assert.equal((JSON.parse(added.stdout) as { source: string }).source, "hub");
    const list = JSON.parse((await run(["models", "list", "--json"])).stdout) as {
      readonly catalog: readonly { readonly name: string; readonly models: readonly string[] }[];
    };
    assert.deepEqual(list.catalog.find(({ name }) => name === NAME)?.models, [NAME]);
    assert.equal((await run(["models", "remove", NAME])).exitCode, 0);
    assert.deepEqual(await readdir(path.join(home, "models")), []);
  });

  it("leaves the checkpoint on the disk with --keep, until that is removed too", async () => {
    const args = ["models", "add", NAME, "--yes", "--endpoint", server.url, "--keep"];
    const added = await run(args);
    assert.equal(added.exitCode, 0, added.stderr);
    const kept = path.join(home, "downloads", NAME, WEIGHTS);
    assert.equal((await stat(kept)).size, server.files.get(WEIGHTS)?.length);
    for (const file of [path.join(home, "models", NAME), kept]) {
      await stat(file);
      assert.match((await run(["models", "remove", NAME])).stdout, /are free again/);
      await assert.rejects(stat(file), { code: "ENOENT" });
    }
  });

  it("says on the command line why it cannot be had, and removes what has arrived", async () => {
    server.fail(WEIGHTS, { kind: "wrong" }, { kind: "wrong" });
    const corrupt = await run(["models", "add", NAME, "--yes", "--endpoint", server.url]);
    assert.equal(corrupt.exitCode, 1);
    assert.match(corrupt.stderr, /sightline: model\.safetensors of .* did not arrive as it was/);
    assert.match((await run(["models"])).stdout, /^blip2-itm-vit-g\b[^]*? arrived/m);
    const removed = await run(["models", "remove", NAME]);
    assert.match(removed.stdout, /are free again/);
    server.fail(LISTING, { kind: "status", status: 404 });
    const missing = await run(["models", "add", NAME, "--yes", "--endpoint", server.url]);
    assert.match(missing.stderr, /does not have what was asked for/);
    const unknown = await run(["models", "add", "gpt"]);
    assert.match(unknown.stderr, /The catalogue has no model "gpt"/);
  });

  function run(args: readonly string[]): Promise<CliOutcome> {
    const running = new CliProcess(args, home);
    running.child.stdin.end();
    return running.ended();
  }
});
