import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { systemFiles } from "../../../src/machine/systemFiles";
import { temporaryFolder } from "../../helpers/kitModel";

describe("systemFiles", () => {
  it("reads files and names below its root, longer ones than a piece too", async () => {
    const root = await temporaryFolder();
    await mkdir(path.join(root, "etc"));
    await writeFile(path.join(root, "etc", "small"), "text\n");
    await writeFile(path.join(root, "etc", "large"), "x".repeat(200_000));
    const files = systemFiles(root);
    assert.equal(await files.text("/etc/small"), "text\n");
    assert.equal((await files.text("/etc/large"))?.length, 200_000);
    assert.deepEqual([...(await files.names("/etc"))].sort(), ["large", "small"]);
  });

  it("takes what is missing, and a folder in place of a file, for nothing", async () => {
    const files = systemFiles(await temporaryFolder());
    assert.equal(await files.text("/none"), undefined);
    assert.equal(await files.text("/"), undefined);
    assert.deepEqual(await files.names("/none"), []);
  });

  it("reads no more than a part of a file without an end", async () => {
    assert.equal((await systemFiles().text("/dev/zero"))?.length, 16 << 20);
  });
});
