import assert from "node:assert/strict";
import { createService } from "../../../helpers/engineWorld";

describe("the process that audits", () => {
  it("starts where there is no runtime for the platform, because it needs none", async () => {
    const { service, started } = createService({ platform: "linux-armhf" });
    const nothing = { run: "", folder: "/w", documents: [], components: [], siteRoots: [] };
    await service.call("auditDocuments", nothing).catch(() => undefined);
    assert.deepEqual(started, ["audit"]);
    await service.dispose();
  });
});
