/**
 * A device that is lost while it computes, with real children, a real adapter and the service that looks
 * after them. What fails is a model in f16, whose graphs this adapter takes and cannot run.
 */

import assert from "node:assert/strict";
import path from "node:path";
import { silentLogger } from "../../src/base/logger";
import { systemClock } from "../../src/host/process/clock";
import type { AskOptions } from "../../src/host/service/engine";
import { type EngineProcess, forkEngine } from "../../src/host/process/engineProcess";
import { EngineSupervisor } from "../../src/host/service/engineSupervisor";
import type { GenerateRequest } from "../../src/model/ask/request";
import { COLOUR } from "../helpers/countedEngine";
import { kitPicture, recordedCase } from "../helpers/kitCases";
import { kitModel, temporaryFolder } from "../helpers/kitModel";
import { isAlive } from "../helpers/waiting";

/** Each child probes the adapter first, which takes the software driver seconds. */
const SLOW_MS = 600_000;
const CHILD_FILE = path.resolve("dist", "child.js");

/** The kit whose kernels are compiled soonest. */
const KIT = "opt-odd";
const QUESTION: GenerateRequest = {
  image: kitPicture(KIT, "wide.png"),
  imageName: "wide.png",
  prompt: { kind: "raw", text: COLOUR },
  options: { maxNewTokens: 12 },
  alpha: "drop",
};

describe("a device that is lost in a real child", () => {
  const processes: EngineProcess[] = [];
  const told: string[] = [];
  let service: EngineSupervisor;

  const serve = async (precision: string): Promise<void> => {
    const model = await kitModel(KIT, precision);
    const store = await temporaryFolder();
    service = new EngineSupervisor({
      chosen: () => ({ model, device: "webgpu" }),
      startProcess: () => {
        const env = { SIGHTLINE_HOME: store };
        const options = { childFile: CHILD_FILE, env, logger: silentLogger, clock: systemClock };
        const child = forkEngine(options);
        processes.push(child);
        return child;
      },
      idleMs: () => SLOW_MS,
      logger: silentLogger,
      onDeviceOverruled: ({ chosen, failed, why }, { code }) => {
        told.push(`${chosen} ${failed ?? "?"} ${why} ${code}`);
      },
      restart: { firstDelayMs: 1 },
    });
  };

  const answer = async (options: AskOptions = {}): Promise<readonly number[] | undefined> => {
    const { sequences } = await service.generate(QUESTION, options);
    return sequences[0]?.tokenIds;
  };

  const expected = recordedCase(KIT, "wide.png", COLOUR).generation?.["greedy"]?.ids[0];

  afterEach(async () => {
    await service.dispose();
    told.length = 0;
    for (const { pid } of processes.splice(0)) assert.equal(isAlive(pid ?? 0), false);
  });

  it("is tried once more, and then the CPU answers, with one word to the user", async function () {
    this.timeout(SLOW_MS);
    await serve("f16");
    let nRestarts = 0;
    const ids = await answer({ onRestarted: () => nRestarts++ });
    assert.deepEqual(ids, expected);
    assert.equal(nRestarts, 2);
    assert.equal(processes.length, 3);
    assert.deepEqual(told, ["webgpu webgpu failed device.failed"]);
    assert.equal(service.status.device, "cpu");
    assert.equal(service.status.overruled, "failed");
    assert.deepEqual(await answer(), expected);
    assert.equal(processes.length, 3);
    assert.equal(told.length, 1);
  });

  it("is used again by a new child when it took the first one with it", async function () {
    this.timeout(SLOW_MS);
    await serve("f32");
    // In the middle of the first answer; afterwards it is too late to kill that process.
    const ids = await answer({ onText: () => processes[0]?.killNow() });
    assert.deepEqual(ids, expected);
    assert.equal(processes.length, 2);
    assert.deepEqual(told, []);
    assert.equal(service.status.device, "webgpu");
  });
});
