import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../src/base/errors";
import { downloadFile } from "../../../src/library/download/downloadFile";
import { HubClient } from "../../../src/library/download/hubClient";
import { TransientFailure } from "../../../src/library/download/hubFailures";
import type { HubSettings } from "../../../src/library/download/hubRoutes";
import { redirected } from "../../../src/library/download/rangeClient";
import { fixturePath } from "../../helpers/fixtures";
import { type Fault, HubServer } from "../../helpers/hubServer";
import { temporaryFolder } from "../../helpers/kitModel";

const FILE = "model-00002-of-00005.safetensors";
const REPOSITORY = "Salesforce/tiny";
const patience = { nTries: 3, firstPauseMs: 1, maxPauseMs: 4, maxRetryAfterMs: 2000 };
const CUT: Fault = { kind: "short", afterBytes: 1000 };

describe("a file of a hub that misbehaves", () => {
  let server: HubServer;
  let folder: string;
  const clients: HubClient[] = [];
  beforeEach(async () => {
    server = await HubServer.start(fixturePath("kits", "t5-odd", "checkpoint"));
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.stop();
  });

  const client = (settings: HubSettings = {}): HubClient => {
    const hub = new HubClient({ endpoint: server.url, ...settings }, { stallMs: 300 });
    clients.push(hub);
    return hub;
  };
  const download = async (settings: HubSettings = {}): Promise<void> => {
    const { signal } = new AbortController();
    const hub = client(settings);
    const { commit, files } = await hub.list(REPOSITORY, "main", signal);
    const file = files.find(({ name }) => name === FILE);
    assert.ok(file !== undefined);
    const onBytes = (): void => undefined;
    await downloadFile({
      ...{ hub, repository: REPOSITORY, commit, file, folder, signal, patience, onBytes },
    });
  };
  const isWhole = async (): Promise<void> => {
    assert.deepEqual(await readFile(path.join(folder, FILE)), server.files.get(FILE));
  };

  it("is not followed around in a circle", async () => {
    const location = `/signed/${FILE}?again=1`;
    const faults = Array.from({ length: 40 }, () => ({ kind: "redirect", location }) as const);
    server.fail(FILE, ...faults);
    await fails(download(), "hub.failed", /redirects without end/);
    // The hub's own redirect, and five more, for each of three tries.
    assert.equal(server.requests.filter(({ file }) => file === FILE).length, 3 * 6);
  });

  it("is not got without encryption where the way to it began with it", () => {
    const from = new URL("https://hub.example/a");
    assert.equal(redirected(from, "/b").href, "https://hub.example/b");
    assert.equal(redirected(new URL("http://127.0.0.1/a"), "http://b/").href, "http://b/");
    for (const location of ["http://hub.example/a", "ftp://hub.example/a", "http://["]) {
      assert.throws(() => redirected(from, location), TransientFailure);
    }
  });

  it("is asked for again when a part comes without its place, or from another one", async () => {
    for (const kind of ["rangeless", "misplaced"] as const) {
      server.fail(FILE, CUT, { kind });
      await download();
      await isWhole();
      folder = await temporaryFolder();
    }
    const [, ...ranges] = server.rangesOf(FILE);
    assert.deepEqual(ranges, ["bytes=1000-", "bytes=1000-", "", "bytes=1000-", ""]);
  });

  it("ends with one clear error when no part ever has its place", async () => {
    const rangeless = { kind: "rangeless" } as const;
    server.fail(FILE, CUT, rangeless, rangeless, rangeless);
    await fails(download(), "hub.failed", /a part was sent without saying which/);
  });

  it("goes on under a weak entity tag only where a hash tells of another content", async () => {
    server.hasWeakTags = true;
    server.fail(FILE, CUT);
    await download();
    await isWhole();
    assert.deepEqual(server.rangesOf(FILE), ["", "bytes=1000-"]);
    folder = await temporaryFolder();
    server.requests.length = 0;
    server.hasDigests = false;
    server.fail(FILE, CUT);
    await download();
    await isWhole();
    assert.deepEqual(server.rangesOf(FILE), ["", ""]);
  });

  it("says when to come back for a file, by a date too, and goes on at once after a past one", async () => {
    const dated = (ms: number): Fault => {
      const retryAfter = new Date(Date.now() + ms).toUTCString();
      return { kind: "status", status: 429, retryAfter };
    };
    server.fail(FILE, dated(3_599_000));
    await fails(download(), "hub.failed", /in (59|60) minutes/);
    server.fail(FILE, dated(-3_600_000));
    await download();
    await isWhole();
  });

  it("is asked for again when nothing comes at all, and ends with one clear error", async () => {
    const silence = { kind: "silence" } as const;
    server.fail(FILE, silence);
    await download();
    await isWhole();
    folder = await temporaryFolder();
    server.fail(FILE, silence, silence, silence);
    await fails(download(), "hub.failed", /does not answer/);
  });

  it("is not asked for twice of a proxy that wants a password", async () => {
    const proxy = await HubServer.start(fixturePath("kits", "t5-odd", "checkpoint"));
    try {
      proxy.proxyStatus = 407;
      await fails(download({ proxy: proxy.url }), "hub.failed", /user and a password/);
      assert.equal(proxy.tunnels.length, 1);
    } finally {
      await proxy.stop();
    }
  });
});

async function fails(work: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(work, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, message);
    return true;
  });
}
