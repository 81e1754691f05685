import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import path from "node:path";

import { devicesOf } from "../../../src/doctor/probe";
import { examine, type ExamineOptions } from "../../../src/doctor/report";
import type { Environment } from "../../../src/machine/environment";
import { modelStoreOf } from "../../../src/library/store/modelStore";
import { fakeSystemFiles } from "../../helpers/fakeSystemFiles";
import { fixturePath } from "../../helpers/fixtures";
import { temporaryFolder } from "../../helpers/kitModel";

async function machine(given: Partial<ExamineOptions> = {}): Promise<ExamineOptions> {
  const home = await temporaryFolder();
  const environment: Environment = {
    ...{ env: { SIGHTLINE_HOME: home }, platform: process.platform, homeDir: home },
  };
  return {
    ...{ version: "1.2.3", store: modelStoreOf(environment), environment },
    demoCheckpoint: fixturePath("kits", "itm", "checkpoint"),
    catalogFile: path.resolve("models", "catalog.json"),
    probe: (device) => Promise.resolve({ device, state: "absent", why: "Not today." }),
    files: fakeSystemFiles({}),
    ...given,
  };
}

describe("examine", () => {
  it("looks at everything and writes nothing", async () => {
    const options = await machine();
    const facts = await examine(options);
    assert.deepEqual(facts.problems, []);
    assert.deepEqual(
      facts.devices.map(({ device }) => device),
      devicesOf(process.platform, process.arch),
    );
    assert.equal(facts.program?.sightline, "1.2.3");
    assert.ok(facts.memory !== undefined && facts.processor !== undefined);
    assert.deepEqual(await readdir(options.store.root), []);
  });

  it("makes a sentence of what fails, and goes on", async () => {
    const facts = await examine(await machine({ catalogFile: "/nonexistent/catalog.json" }));
    assert.equal(facts.store, undefined);
    assert.equal(facts.problems.length, 1);
    assert.match(facts.problems[0]!, /^The store could not be looked at: .*catalog\.json/);
    assert.ok(facts.devices.length > 0);
  });

  it("does not wait for a file that is never read", async () => {
    const files = {
      ...fakeSystemFiles({}),
      text: (file: string): Promise<string | undefined> =>
        file === "/proc/meminfo" ? new Promise(() => undefined) : Promise.resolve(undefined),
    };
    const facts = await examine(await machine({ files, patienceMs: 200 }));
    assert.equal(facts.memory, undefined);
    assert.ok(facts.problems.some((text) => /^The memory could not be .*took longer/.test(text)));
  });

  it("tries one device after the other", async () => {
    let nRunning = 0;
    const probe: ExamineOptions["probe"] = async (device) => {
      nRunning += 1;
      assert.equal(nRunning, 1);
      await Promise.resolve();
      nRunning -= 1;
      return { device, state: "absent" };
    };
    const { devices } = await examine(await machine({ probe }));
    assert.equal(devices.length, devicesOf(process.platform, process.arch).length);
  });
});
