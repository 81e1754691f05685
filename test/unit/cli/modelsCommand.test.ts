import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../../../src/base/errors";
import { addAnyModel } from "../../../src/cli/modelsAddCommand";
import { models, removeModel } from "../../../src/cli/modelsCommand";
import { openModelFolder } from "../../../src/engine/modelFolder";
import { testContext, testHost, type TestHost } from "../../helpers/cliHost";
import { fixturePath } from "../../helpers/fixtures";
import { kitModel, temporaryFolder } from "../../helpers/kitModel";

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
    assert.match(host.stdout.text, /^blip2-opt-2\.7b-coco .* 364 px {2}MIT/m);
    assert.match(
      host.stdout.text,
      /^CANNOT BE HAD YET .*\nlavis-pretrain-vitl +224 px {2}Published for LAVIS only/m,
    );
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
});
