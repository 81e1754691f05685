import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";

import type { DoctorFacts } from "../../src/doctor/facts";
import { devicesOf } from "../../src/doctor/probe";
import { runCliProcess } from "../helpers/cliProcess";
import { temporaryFolder } from "../helpers/kitModel";

describe("doctor", () => {
  it("reports on this machine as one object, and writes nothing", async () => {
    const home = path.join(await temporaryFolder(), "home");
    const { exitCode, stdout, stderr } = await runCliProcess(["doctor", "--json"], { home });
    assert.equal(exitCode, 0, stderr);
    assert.equal(stdout.trimEnd().split("\n").length, 1);
    const facts = JSON.parse(stdout) as DoctorFacts & { readonly advice: readonly unknown[] };
    assert.deepEqual(
      facts.devices.map(({ device }) => device),
      devicesOf(process.platform, process.arch),
    );
    const cpu = facts.devices.find(({ device }) => device === "cpu");
    assert.equal(cpu?.state, "works");
    assert.ok(cpu.gflops !== undefined && cpu.gflops.device > 0);
    assert.deepEqual(facts.problems, []);
    assert.equal(facts.store?.folder, home);
    assert.ok(Array.isArray(facts.advice));
    assert.equal(existsSync(home), false);
  });

  it("prints the same for people", async () => {
    const home = path.join(await temporaryFolder(), "home");
    const { exitCode, stdout } = await runCliProcess(["doctor", "--quiet"], { home });
    assert.equal(exitCode, 0);
    for (const title of ["Program", "Memory", "Devices", "Store", "What would make it faster"]) {
      assert.match(stdout, new RegExp(`^${title}$`, "m"));
    }
    assert.match(stdout, /^ {2}cpu {5}works: [\d.]+ GFLOPS$/m);
  });

  it("tries no device that the platform does not have", async () => {
    const home = await temporaryFolder();
    const outcome = await runCliProcess(["doctor", "--probe", "quantum", "--json"], { home });
    assert.equal(outcome.exitCode, 2);
    assert.match(outcome.stdout, /option\.invalid/);
  });
});
