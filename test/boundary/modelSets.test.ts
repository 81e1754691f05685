/** A set of models in real processes: each task goes to its model, and both are got and deleted as one. */

import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../src/base/logger";
import { systemClock } from "../../src/host/process/clock";
import { type EngineProcess, forkEngine } from "../../src/host/process/engineProcess";
import { EngineSupervisor } from "../../src/host/service/engineSupervisor";
import type { LoadRequest } from "../../src/model/ask/models";
import type { Prompt } from "../../src/model/ask/request";
import { type CliOutcome, runCliProcess } from "../helpers/cliProcess";
import { fixturePath } from "../helpers/fixtures";
import { HubServer, LISTING } from "../helpers/hubServer";
import { kitPicture } from "../helpers/kitCases";
import { storeBlipSet, temporaryFolder } from "../helpers/kitModel";
import { isAlive } from "../helpers/waiting";

const SET = "blip-base";
const ANSWERS = "blip-vqa-base";
const DESCRIBES = "blip-image-captioning-base";
const QUESTION = { kind: "question", question: "what is it?" } as const;
const CAPTION = { kind: "caption" } as const;
const PHOTO = fixturePath("kits", "blip-vqa", "images", "photo.png");

describe("a set of models", () => {
  let home: string;
  beforeEach(async () => {
    home = await temporaryFolder();
  });

  describe("in the child's process", () => {
    const processes: EngineProcess[] = [];
    let service: EngineSupervisor;
    let choice: LoadRequest;
    beforeEach(async () => {
      await storeBlipSet(home);
      choice = { model: SET, device: "cpu" };
      service = new EngineSupervisor({
        chosen: () => choice,
        startProcess: () => {
          const childFile = path.resolve("dist", "child.js");
          const env = { SIGHTLINE_HOME: home };
          const child = forkEngine({ childFile, env, logger: silentLogger, clock: systemClock });
          processes.push(child);
          return child;
        },
        idleMs: () => 600_000,
        logger: silentLogger,
      });
    });
    afterEach(async () => {
      await service.dispose();
      for (const { pid } of processes.splice(0)) assert.equal(isAlive(pid ?? 0), false);
    });

    const answer = async (prompt: Prompt): Promise<readonly number[] | undefined> => {
      const image = kitPicture("blip-vqa", "photo.png");
      const options = { maxNewTokens: 8 };
      const { sequences } = await service.generate({ image, prompt, options });
      return sequences[0]?.tokenIds;
    };

    it("answers and describes as its models do by themselves", async () => {
      const answered = await answer(QUESTION);
      assert.equal(service.status.member, ANSWERS);
      const [described, again] = await Promise.all([answer(CAPTION), answer(QUESTION)]);
      assert.deepEqual(again, answered);
      choice = { model: ANSWERS, device: "cpu" };
      service.choiceChanged();
      assert.deepEqual(await answer(QUESTION), answered);
      await assert.rejects(answer(CAPTION), { code: "model.unsupported" });
      choice = { model: DESCRIBES, device: "cpu" };
      service.choiceChanged();
      assert.deepEqual(await answer(CAPTION), described);
    });

    it("answers with half of it, and says what is missing", async () => {
      await rm(path.join(home, "models", DESCRIBES), { recursive: true });
      const { sets } = await service.call("catalog", {});
      assert.deepEqual(
        sets.map(({ name, models, missing }) => [name, models, missing?.length]),
        [
          [SET, [ANSWERS], 1],
          ["blip-large", [], 2],
        ],
      );
      await answer(QUESTION);
      await assert.rejects(answer(CAPTION), /"blip-image-captioning-base", which describes/);
      await answer(QUESTION);
    });

    it("gives its models up to be deleted", async () => {
      await answer(QUESTION);
      for (const name of [ANSWERS, DESCRIBES]) await service.call("deleteModel", { name });
      assert.deepEqual(await readdir(path.join(home, "models")), []);
    });
  });

  describe("on the command line", () => {
    const run = (args: readonly string[]): Promise<CliOutcome> =>
      runCliProcess([...args, "--json"], { home });
    const jsonOf = ({ stdout, stderr }: CliOutcome): Record<string, unknown> => {
      assert.notEqual(stdout, "", stderr);
      return JSON.parse(stdout) as Record<string, unknown>;
    };

    it("answers, describes and refuses, each with one model", async () => {
      await storeBlipSet(home);
      const choice = ["--model", SET, "--device", "cpu"];
      assert.equal(jsonOf(await run(["ask", PHOTO, "what?", ...choice]))["model"], ANSWERS);
      assert.equal(jsonOf(await run(["caption", PHOTO, ...choice]))["model"], DESCRIBES);
      const refused = await run(["score", PHOTO, "a cat", ...choice]);
      assert.equal(refused.exitCode, 1);
      assert.match(refused.stderr, /"blip-base" does not compare pictures with texts/);
      const removed = await run(["models", "remove", SET]);
      assert.equal(removed.exitCode, 0, removed.stderr);
      const lost = await run(["ask", PHOTO, "what?", ...choice]);
      assert.match(
        lost.stderr,
        /"blip-vqa-base", which answers questions, is not here.*sightline models add blip-base/,
      );
    });

    it("is got as one, and goes on with what is missing", async () => {
      const server = await HubServer.start(fixturePath("kits", "blip-vqa", "checkpoint"));
      try {
        let nListings = 0;
        server.onRequest = ({ file }) => {
          // The second model is refused until somebody signs in.
          if (file === LISTING && ++nListings === 2) server.requiredToken = "token";
        };
        const add = ["models", "add", SET, "--endpoint", server.url, "--yes"];
        const cut = await run(add);
        assert.equal(cut.exitCode, 1, cut.stderr);
        assert.match(cut.stderr, /2\.5 GB are downloaded: Salesforce\/blip-vqa-base \+ /);
        assert.deepEqual(await modelNames(home), [ANSWERS]);
        server.requiredToken = undefined;
        const added = await run(add);
        assert.equal(added.exitCode, 0, added.stderr);
        assert.match(added.stderr, /990 MB are downloaded: Salesforce\/blip-image-captioning/);
        assert.equal(jsonOf(added)["name"], SET);
        assert.deepEqual(await modelNames(home), [DESCRIBES, ANSWERS]);
        server.requests.length = 0;
        assert.equal(jsonOf(await run(add))["source"], "store");
        assert.deepEqual(server.requests, []);
        await run(["models", "remove", SET]);
        assert.deepEqual(await modelNames(home), []);
      } finally {
        await server.stop();
      }
    });
  });
});

async function modelNames(home: string): Promise<readonly string[]> {
  const names = await readdir(path.join(home, "models"));
  return names.filter((name) => !name.startsWith(".")).sort();
}
