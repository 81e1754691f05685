import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const FOLDERS = ["src", "webview", "test"];
const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).map(
    (name) => `${folder}/${name.replaceAll("\\", "/")}`,
  ),
).concat(readdirSync("."));

describe("the documents for developers", () => {
  for (const document of ["ARCHITECTURE.md", "CONTRIBUTING.md"]) {
    it(`name files that are there (${document})`, () => {
      const names = [
        ...readFileSync(document, "utf8").matchAll(/`([\w./-]+\.m?ts|[\w./-]+\.mjs)`/g),
      ];
      assert.ok(names.length > 10, `${names.length} names`);
      const missing = names
        .map(([, name = ""]) => name)
        .filter((name) => !files.some((file) => file === name || file.endsWith(`/${name}`)));
      assert.deepEqual(missing, []);
    });
  }

  it("have every folder of the source in the code map, in the row of its room", () => {
    const rows = new Map(
      [...readFileSync("ARCHITECTURE.md", "utf8").matchAll(/^\| `([\w/]+)`.*$/gm)].map(
        ([row, room = ""]) => [room, row] as const,
      ),
    );
    const folders = new Set(
      files
        .filter((file) => /^(?:src|webview)\/.*\.ts$/.test(file))
        .map((file) => path.posix.dirname(file)),
    );
    const missing = [...folders].filter((folder) => {
      const room = folder
        .split("/")
        .slice(0, folder.startsWith("src/") ? 2 : 1)
        .join("/");
      const row = rows.get(room);
      if (row === undefined) return true;
      return folder !== room && !row.includes(`\`${path.posix.basename(folder)}\``);
    });
    assert.deepEqual(missing, []);
  });
});
