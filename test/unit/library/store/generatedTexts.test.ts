import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  GENERATED_FILE,
  generatedTexts,
  noteGenerated,
} from "../../../../src/library/store/generatedTexts";
import { temporaryFolder } from "../../../helpers/kitModel";

const FOX = "f0".repeat(32);

describe("texts that models have written", () => {
  it("are known again for their picture, whatever their capitals and stops, and no others", async () => {
    const store = { root: path.join(await temporaryFolder(), "new") };
    await noteGenerated(store, FOX, ["A fox on a wall", " "]);
    await noteGenerated(store, FOX, []);
    const isGenerated = await generatedTexts(store);
    assert.ok(isGenerated(FOX, "a fox, on a wall."));
    assert.ok(!isGenerated(FOX, "a fox on the wall"));
    assert.ok(!isGenerated("00".repeat(32), "A fox on a wall"));
    const file = await readFile(path.join(store.root, GENERATED_FILE), "utf8");
    assert.match(file, /^[0-9a-f]{16}\n$/);
  });

  it("do not grow for ever: the newest stay", async () => {
    const store = { root: await temporaryFolder() };
    const file = path.join(store.root, GENERATED_FILE);
    await writeFile(file, "0123456789abcdef\n".repeat(200_000));
    await noteGenerated(store, FOX, ["A fox"]);
    assert.equal((await stat(file)).size, 17 * 100_000);
    assert.ok((await generatedTexts(store))(FOX, "A fox"));
  });

  it("cost no answer where they cannot be kept", async () => {
    const root = path.join(await temporaryFolder(), "file");
    await writeFile(root, "");
    await noteGenerated({ root }, FOX, ["A fox"]);
    assert.ok(!(await generatedTexts({ root }))(FOX, "A fox"));
  });
});
