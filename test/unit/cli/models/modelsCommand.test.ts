import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { AppError } from "../../../../src/base/errors";
import type { StandardInput } from "../../../../src/cli/terminal/cliContext";
import { addAnyModel } from "../../../../src/cli/models/modelsAddCommand";
import { inspect } from "../../../../src/cli/models/inspectCommand";
import { models, removeModel } from "../../../../src/cli/models/modelsCommand";
import { remove } from "../../../../src/cli/models/modelsRemoveCommand";
import { findModel } from "../../../../src/cli/ask/openModel";
import { openModelFolder } from "../../../../src/engine/session/modelFolder";
import { testContext, testHost, type TestHost } from "../../../helpers/cliHost";
import { fixturePath } from "../../../helpers/fixtures";
import { kitModel, storeBlipSet, temporaryFolder } from "../../../helpers/kitModel";

const NAME = "blip2-opt-2.7b";

describe("the models of the command line", () => {
  let host: TestHost;
  let model: string;
  let download: string;
  beforeEach(async () => {
    const home = await temporaryFolder();
    host = testHost({ home });
    model = path.join(home, "models", NAME);
    download = path.join(home, "downloads", NAME);
    await cp(await kitModel("opt-odd"), model, { recursive: true });
    const file = path.join(model, "manifest.json");
    const manifest = JSON.parse(await readFile(file, "utf8")) as { source: { name: string } };
    manifest.source.name = NAME;
    await writeFile(file, JSON.stringify(manifest));
    await mkdir(download, { recursive: true });
    await writeFile(path.join(download, "model.safetensors.partial"), Buffer.alloc(1000));
  });

  it("lists what can be had with its pixels, and what cannot with the reason", async () => {
    await models(testContext(host));
    const { text } = host.stdout;
    assert.match(text, /^blip2-opt-2\.7b-coco.*\n {2}Alternative texts: .*\n.* sees 364 px, MIT$/m);
    assert.match(
      text,
      /from parts that you download:\n\nlavis-pretrain-vitl\n {2}Published by LAVIS in parts/,
    );
    const list = text.slice(text.indexOf("These can be added"));
    for (const line of list.split("\n")) assert.ok(line.length <= 80, line);
  });

  it("lists the sets first, with the model of each task and the half that is missing", async () => {
    await models(testContext(host));
    const { text } = host.stdout;
    const sets = text.slice(text.indexOf("These sets"), text.indexOf("These can be added"));
    assert.match(sets, /^blip-base \(recommended for this machine\)\n {2}Short answers/m);
    assert.match(sets, /^ {2}questions: blip-vqa-base\n {2}descriptions: blip-image-captioning-/m);
    assert.match(sets, /^ {2}2\.5 GB to download, .*\n {2}670 MB on disk, 770 MB of memory/m);
    for (const line of sets.split("\n")) assert.ok(line.length <= 80, line);
    const home = await temporaryFolder();
    await storeBlipSet(home);
    await rm(path.join(home, "models", "blip-image-captioning-base"), { recursive: true });
    const half = testHost({ home });
    await models(testContext(half));
    assert.match(
      half.stdout.text,
      /^blip-base .*blip-vqa-base is here; the same command gets the/m,
    );
    assert.match(half.stdout.text, /^ {2}990 MB to download/m);
  });

  it("describes each model of a set", async () => {
    const home = await temporaryFolder();
    await storeBlipSet(home);
    const asked = testHost({ home });
    assert.equal(await inspect(testContext(asked), "blip-base", {}), 0);
    const names = asked.stdout.text.match(/^model +\S+$/gm)?.map((line) => line.split(/ +/)[1]);
    assert.deepEqual(names, ["blip-vqa-base", "blip-image-captioning-base"]);
  });

  it("names the endpoint without its password", async () => {
    const stdin = (): StandardInput => Object.assign(Readable.from(["n\n"]), { isTTY: true });
    const asked = testHost({ home: await temporaryFolder(), stdin });
    const endpoint = "https://ann:secret@mirror.example/hub";
    assert.equal(await addAnyModel(testContext(asked), NAME, { endpoint }), 1);
    assert.match(asked.stderr.text, / from https:\/\/mirror\.example\/hub\./);
    assert.doesNotMatch(asked.stderr.text, /secret/);
  });

  it("asks before a download on a terminal, and is answered no by anything but yes", async () => {
    for (const typed of ["n\n", "\n", "", "yesterday\n"]) {
      const stdin = (): StandardInput => Object.assign(Readable.from([typed]), { isTTY: true });
      const asked = testHost({ home: await temporaryFolder(), stdin });
      assert.equal(await addAnyModel(testContext(asked), NAME, {}), 1);
      assert.match(asked.stderr.text, /15\.5 GB are downloaded: Salesforce\/blip2-opt-2\.7b from/);
      assert.match(asked.stderr.text, /of the disk and up to .* of memory/);
      assert.match(asked.stderr.text, /It goes to .*models, where .* are free\. Licence: MIT/);
      assert.match(asked.stderr.text, /Download 15\.5 GB\? \[y\/N\] .*Nothing was downloaded/);
    }
  });

  it("refuses a download that nobody can agree to, and begins one that was agreed to", async () => {
    const home = await temporaryFolder();
    const alone = testHost({ home });
    await assert.rejects(addAnyModel(testContext(alone), NAME, {}), (thrown) => {
      assert.ok(thrown instanceof AppError && thrown.code === "option.invalid");
      assert.match(thrown.message, /Add --yes/);
      return true;
    });
    // Nobody listens at port 1, so that it ends at its first contact.
    const flags = { endpoint: "http://127.0.0.1:1" };
    const stdin = (): StandardInput => Object.assign(Readable.from(["y\n"]), { isTTY: true });
    for (const [willing, more] of [
      [testHost({ home, stdin }), {}],
      [testHost({ home }), { yes: true }],
    ] as const) {
      await assert.rejects(
        addAnyModel(testContext(willing), NAME, { ...flags, ...more }),
        (thrown) => {
          assert.ok(thrown instanceof AppError && thrown.code === "hub.unreachable");
          return true;
        },
      );
      assert.match(willing.stderr.text, /Connecting to 127\.0\.0\.1:1 …/);
    }
  });

  it("are offered by their name where they are not here", async () => {
    await assert.rejects(findModel("blip2-flan-t5-xl", testContext(host)), (thrown) => {
      assert.ok(thrown instanceof AppError && thrown.code === "model.missing");
      assert.match(thrown.message, /can be downloaded: sightline models add blip2-flan-t5-xl$/);
      return true;
    });
    await assert.rejects(findModel("nothing", testContext(host)), /There is no model "nothing"/);
  });

  it("imports a checkpoint from a folder under a name, without a network", async () => {
    const flags = { from: fixturePath("kits", "itm", "checkpoint") };
    assert.equal(await addAnyModel(testContext(host), "mine", flags), 0);
    assert.match(host.stdout.text, /^mine: .*, made from the checkpoint in /);
    const folder = path.join(path.dirname(model), "mine");
    assert.equal((await openModelFolder(folder)).config.kind, "retrieval");
    await addAnyModel(testContext(host), "mine", flags);
    assert.ok(existsSync(`${folder}-2`));
    await addAnyModel(testContext(host), undefined, flags);
    assert.ok(existsSync(path.join(path.dirname(model), "checkpoint")));
  });

  it("refuses to import with what only a download has, and to add nothing", async () => {
    for (const flags of [{ from: "/x", keep: true }, { from: "/x", endpoint: "https://a" }, {}]) {
      await assert.rejects(addAnyModel(testContext(host), undefined, flags), {
        code: "option.invalid",
      });
    }
  });

  it("deletes a download alone when that is said, though a model has its name", async () => {
    assert.equal(await removeModel(testContext(host), NAME, { download: true }), 0);
    assert.deepEqual([existsSync(model), existsSync(download)], [true, false]);
    assert.match(host.stdout.text, /^Deleted the download of blip2-opt-2\.7b: 1\.0 kB are free/);
    await assert.rejects(
      removeModel(testContext(host), NAME, { download: true }),
      (thrown) => thrown instanceof AppError && thrown.code === "model.missing",
    );
  });

  it("deletes the model when a download has the same name, and the download next", async () => {
    await removeModel(testContext(host), NAME, {});
    assert.deepEqual([existsSync(model), existsSync(download)], [false, true]);
    await removeModel(testContext(host), NAME, {});
    assert.equal(existsSync(download), false);
  });

  it("deletes everything after a yes, and nothing otherwise", async () => {
    const answering = (typed: string): TestHost => {
      const stdin = (): StandardInput => Object.assign(Readable.from([typed]), { isTTY: true });
      return { ...host, stdin };
    };
    assert.equal(await remove(testContext(answering("n\n")), undefined, { all: true }), 1);
    const { text } = host.stderr;
    assert.match(text, /^Delete .* of models, downloads and caches in .*\? \[y\/N\] /);
    assert.match(text, /Nothing was deleted/);
    assert.ok(existsSync(model) && existsSync(download));
    assert.equal(await remove(testContext(answering("y\n")), undefined, { all: true }), 0);
    assert.ok(!existsSync(model) && !existsSync(download));
    assert.match(host.stdout.text, /^Deleted all models and caches: .* are free again$/m);
  });

  it("deletes everything unasked only with --yes, and knows what else is wrong", async () => {
    const isUsage = (thrown: unknown): boolean =>
      thrown instanceof AppError && thrown.code === "option.invalid";
    const context = testContext(host);
    await assert.rejects(remove(context, undefined, { all: true }), isUsage);
    await assert.rejects(remove(context, undefined, {}), isUsage);
    await assert.rejects(remove(context, NAME, { all: true, yes: true }), isUsage);
    await assert.rejects(
      remove(context, undefined, { all: true, download: true, yes: true }),
      isUsage,
    );
    assert.ok(existsSync(model) && existsSync(download));
    const notes = path.join(path.dirname(model), "notes.txt");
    await writeFile(notes, "");
    assert.equal(await remove(context, undefined, { all: true, yes: true }), 0);
    assert.ok(!existsSync(model) && !existsSync(download));
    assert.ok(host.stdout.text.includes(`Left alone: ${notes}\n`));
  });
});
