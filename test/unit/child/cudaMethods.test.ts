import assert from "node:assert/strict";
import { createCudaMethods } from "../../../src/child/cudaMethods";
import type { TaskRun } from "../../../src/child/enginePort";
import { PROVIDER_FILES } from "../../../src/library/cuda/cudaRuntime";
import { modelStoreOf } from "../../../src/library/store/modelStore";
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
  let cuda: ReturnType<typeof createCudaMethods>;
  const ignore = (): void => undefined;
  const { signal } = new AbortController();
  const idle: TaskRun = { signal, onText: ignore, onProgress: ignore, onStage: ignore };
  beforeEach(async () => {
    const homeDir = await temporaryFolder();
    server = await NugetServer.start(PACKAGE);
    const store = modelStoreOf({ env: { SIGHTLINE_HOME: homeDir }, platform: "linux", homeDir });
    const runtime = await madeUpRuntime(homeDir, server.index);
    cuda = createCudaMethods({ store, runtime, environment: { env: {} } });
  });
  afterEach(() => server.stop());

  it("plans, installs what was agreed to, tells what is missing, and removes it", async () => {
    assert.deepEqual(await cuda.cudaStatus({}, idle), {});
    assert.deepEqual(server.paths, []);
    const { plan } = await cuda.planCuda({}, idle);
    assert.equal(plan?.downloadBytes, PACKAGE.length);
    assert.deepEqual(await cuda.cudaStatus({}, idle), {});
    const progress: Progress[] = [];
    const onProgress = (step: Progress): void => {
      progress.push(step);
    };
    const installed = await cuda.installCuda({ agreed: plan }, { ...idle, onProgress });
    assert.equal(installed.outcome, "installed");
    const totalBytes = PACKAGE.length;
    assert.deepEqual(progress.at(-1), { doneBytes: totalBytes, totalBytes, step: "download" });
    assert.match((await cuda.cudaStatus({}, idle)).missing ?? "", /libmissing\.so\.13/);
    assert.deepEqual(await cuda.planCuda({}, idle), {});
    assert.ok((await cuda.removeCuda({}, idle)).freedBytes > 0);
    assert.equal((await cuda.cudaStatus({}, idle)).providerFolder, undefined);
  });

  it("does nothing that nobody agreed to", async () => {
    const agreed = { source: "somewhere else", downloadBytes: PACKAGE.length };
    const run = { ...idle, onProgress: () => assert.fail("begun") };
    await assert.rejects(cuda.installCuda({ agreed }, run), { code: "download.failed" });
    assert.deepEqual(server.ranges, []);
  });

  it("goes by the editor's proxy", async () => {
    await assert.rejects(cuda.planCuda({ proxy: "ftp://nobody" }, idle), {
      code: "option.invalid",
    });
    assert.deepEqual(server.paths, []);
  });
});
