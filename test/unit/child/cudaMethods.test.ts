import assert from "node:assert/strict";
import { createCudaMethods } from "../../../src/child/cudaMethods";
import type { CudaHost } from "../../../src/child/engineHost";
import { PROVIDER_FILES } from "../../../src/library/cudaRuntime";
import { modelStoreOf } from "../../../src/library/modelStore";
import type { Progress } from "../../../src/model/ask/progress";
import { elfFile } from "../../helpers/elfFile";
import { temporaryFolder } from "../../helpers/kitModel";
import { INSIDE, madeUpRuntime } from "../../helpers/madeUpRuntime";
import { NugetServer } from "../../helpers/nugetServer";
import { zipFile } from "../../helpers/zipFile";

const [CUDA, SHARED] = PROVIDER_FILES;
const PACKAGE = zipFile([
  { name: `${INSIDE}/${CUDA}`, content: elfFile(["libmissing.so.13"]) },
  { name: `${INSIDE}/${SHARED}`, content: Buffer.from("shared") },
]);

describe("CUDA in the child", () => {
  let server: NugetServer;
  let cuda: CudaHost;
  const { signal } = new AbortController();
  beforeEach(async () => {
    const homeDir = await temporaryFolder();
    server = await NugetServer.start(PACKAGE);
    const store = modelStoreOf({ env: { SIGHTLINE_HOME: homeDir }, platform: "linux", homeDir });
    const runtime = await madeUpRuntime(homeDir, server.index);
    cuda = createCudaMethods({ store, runtime, environment: { env: {} } });
  });
  afterEach(() => server.stop());

  it("plans, installs what was agreed to, tells what is missing, and removes it", async () => {
    assert.deepEqual(await cuda.status(), {});
    assert.deepEqual(server.paths, []);
    const { plan } = await cuda.plan({}, signal);
    assert.equal(plan?.downloadBytes, PACKAGE.length);
    assert.deepEqual(await cuda.status(), {});
    const progress: Progress[] = [];
    const onProgress = (step: Progress): void => {
      progress.push(step);
    };
    const installed = await cuda.install({ agreed: plan }, { signal, onProgress });
    assert.equal(installed.outcome, "installed");
    const totalBytes = PACKAGE.length;
    assert.deepEqual(progress.at(-1), { doneBytes: totalBytes, totalBytes, step: "download" });
    assert.match((await cuda.status()).missing ?? "", /libmissing\.so\.13/);
    assert.deepEqual(await cuda.plan({}, signal), {});
    assert.ok((await cuda.remove()).freedBytes > 0);
    assert.equal((await cuda.status()).providerFolder, undefined);
  });

  it("does nothing that nobody agreed to", async () => {
    const agreed = { source: "somewhere else", downloadBytes: PACKAGE.length };
    const run = { signal, onProgress: () => assert.fail("begun") };
    await assert.rejects(cuda.install({ agreed }, run), { code: "download.failed" });
    assert.deepEqual(server.ranges, []);
  });

  it("goes by the editor's proxy", async () => {
    await assert.rejects(cuda.plan({ proxy: "ftp://nobody" }, signal), { code: "option.invalid" });
    assert.deepEqual(server.paths, []);
  });
});
