import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../src/base/logger";
import { systemClock } from "../../src/host/process/clock";
import { EngineClient } from "../../src/host/process/engineClient";
import { type EngineProcess, forkEngine } from "../../src/host/process/engineProcess";
import type { CheckedDocumentReply } from "../../src/protocol/auditSchemas";
import { temporaryFolder } from "../helpers/kitModel";
import { isAlive } from "../helpers/waiting";

const childFile = path.resolve("dist", "extension", "audit.js");

describe("the audit in a process of its own", () => {
  const processes: EngineProcess[] = [];
  let client: EngineClient;
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    client = new EngineClient({
      startProcess: () => {
        const child = forkEngine({ childFile, logger: silentLogger, clock: systemClock });
        processes.push(child);
        return child;
      },
      logger: silentLogger,
      restart: { firstDelayMs: 1, maxDelayMs: 10 },
    });
  });

  afterEach(async () => {
    await client.dispose();
    for (const { pid } of processes.splice(0)) assert.equal(isAlive(pid ?? 0), false);
  });

  async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), content);
    }
  }

  interface Wanted {
    readonly names: readonly string[];
    readonly texts?: Readonly<Record<string, string>>;
    readonly run?: string;
    readonly signal?: AbortSignal;
  }

  async function audit({ names, texts = {}, run = "1", signal }: Wanted) {
    const documents = names.map((name) => {
      const text = texts[name];
      return { file: path.join(folder, name), ...(text === undefined ? {} : { text }) };
    });
    const params = { run, folder, documents, components: [], siteRoots: [] };
    const options = signal === undefined ? {} : { signal };
    return (await client.call("auditDocuments", params, options)).documents;
  }

  const rules = (documents: readonly CheckedDocumentReply[]): string[][] =>
    documents.map(({ findings }) => findings.map(({ rule }) => rule));

  it("finds what is wrong in documents, saved or not, and where", async () => {
    await write({ "a.md": "# A\n\n![](a.png) ![image](a.png)\n", "b.html": "<p>", "a.png": "" });
    const texts = { "b.html": '<img src="a.png">' };
    const found = await audit({ names: ["a.md", "b.html"], texts });
    assert.deepEqual(rules(found), [["missing", "placeholder"], ["missing"]]);
    assert.deepEqual(
      found.map(({ nPictures }) => nPictures),
      [2, 1],
    );
    const range = { start: { line: 2, character: 0 }, end: { line: 2, character: 3 } };
    assert.deepEqual(found[0]?.findings[0]?.range, range);
  });

  it("does as the project says, and reads its files once in a run", async () => {
    await write({
      ".sightline.jsonc": '{ "rules": { "missing": "off" }, "ignore": ["out"] }',
      "a.md": "![](a.png)",
      "out/b.md": "![image](gone.png)",
      "a.png": "",
    });
    const names = ["a.md", "out/b.md"];
    assert.deepEqual(rules(await audit({ names })), [[], []]);
    await write({ ".sightline.jsonc": "{}" });
    assert.deepEqual(rules(await audit({ names })), [[], []]);
    assert.deepEqual(rules(await audit({ names, run: "2" })), [["missing"], ["placeholder"]]);
  });

  it("says which documents cannot be read or are left out, and goes on with the others", async () => {
    await write({
      "bytes.md": Uint8Array.from([0x21, 0x5b, 0xff, 0xfe, 0x5d, 0x28]),
      "pug.vue": '<template lang="pug">\nimg(src="a.png")\n</template>',
      "a.md": "![](a.png)",
    });
    await symlink(path.join(folder, "nowhere"), path.join(folder, "link.md"));
    const names = ["bytes.md", "pug.vue", "link.md", "folder.md", "a.md"];
    await mkdir(path.join(folder, "folder.md"));
    const found = await audit({ names });
    const failures = found.map(({ failure }) => failure ?? "");
    assert.match(failures[0] ?? "", /not UTF-8/);
    assert.match(failures[1] ?? "", /Pug/);
    assert.match(failures[2] ?? "", /link\.md/);
    assert.match(failures[3] ?? "", /folder\.md/);
    assert.deepEqual(rules(found).at(-1), ["missing"]);
  });

  it("says what is wrong with a configuration, for each document below it", async () => {
    await write({ "a.md": "![](a.png)", "b/.sightline.jsonc": "{", "b/c.md": "![](a.png)" });
    const found = await audit({ names: ["a.md", "b/c.md"] });
    assert.equal(found[0]?.failure, undefined);
    assert.match(found[1]?.failure ?? "", /sightline\.jsonc/);
  });

  it("ends early when it is cancelled, and answers the next request", async () => {
    const names = Array.from({ length: 2000 }, (_, index) => `${index}.md`);
    const texts = Object.fromEntries(names.map((name) => [name, "![](a.png)\n".repeat(200)]));
    await audit({ names: ["0.md"], texts });
    const stop = new AbortController();
    const cancelled = audit({ names, texts, signal: stop.signal });
    stop.abort();
    await assert.rejects(cancelled, { code: "request.cancelled" });
    assert.equal((await audit({ names: ["0.md"], texts }))[0]?.nPictures, 200);
    assert.equal(processes.length, 1);
  });

  it("refuses what is another program's", async () => {
    await assert.rejects(client.call("models", {}), { code: "internal" });
  });
});
