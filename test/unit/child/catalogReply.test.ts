import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../../src/base/logger";
import { createEngineMethods } from "../../../src/child/engineMethods";
import { writeJournal } from "../../../src/convert/output/conversionJournal";
import { modelStoreOf } from "../../../src/library/store/modelStore";
import { readResult } from "../../../src/protocol/messages";
import { temporaryFolder } from "../../helpers/kitModel";

const NAME = "blip2-opt-2.7b";

const ignore = (): void => undefined;
const { signal } = new AbortController();
const idle = { signal, onText: ignore, onProgress: ignore, onStage: ignore };

describe("what the child tells of the catalogue", () => {
  it("has the precision in which a download was begun", async () => {
    const homeDir = await temporaryFolder();
    const env = { SIGHTLINE_HOME: homeDir };
    const store = modelStoreOf({ env, platform: "linux", homeDir });
    const work = path.join(store.modelsDir, `.adding-${NAME}`);
    await mkdir(path.join(work, "model"), { recursive: true });
    const taken = [{ path: "model-00001-of-00002.safetensors", bytes: 1e9, sha256: "0" }];
    await writeJournal(work, { plan: "p", precision: "small", taken });
    const download = path.join(store.root, "downloads", NAME);
    await mkdir(download, { recursive: true });
    await writeFile(path.join(download, "config.json"), "{}");
    const engine = createEngineMethods({
      logger: silentLogger,
      store,
      demoCheckpoint: "/nonexistent/demo",
      catalogFile: path.resolve("models", "catalog.json"),
      environment: { env: {}, homeDir },
    });
    const { entries } = readResult("catalog", await engine.catalog({}, idle));
    const entry = entries.find(({ name }) => name === NAME);
    assert.equal(entry?.begunPrecision, "small");
    assert.equal(entry.isUnfinished, true);
    assert.equal(entry.partialBytes, 1e9 + 2);
  });
});
