import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { runCli } from "../../../../src/cli/program";
import { testHost } from "../../../helpers/cliHost";
import { fixturePath } from "../../../helpers/fixtures";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";

interface MismatchJson {
  readonly findings: readonly {
    readonly kind: string;
    readonly places: readonly { readonly file: string; readonly alt: string }[];
    readonly own: number;
    readonly match: number;
    readonly margin: number;
  }[];
  readonly tested: number;
  readonly texts: number;
  readonly untested: Readonly<Record<string, number>>;
  readonly searched: number;
}

describe("alt mismatch", () => {
  let home: string;
  let folder: string;
  beforeEach(async () => {
    home = await temporaryFolder();
    folder = path.join(await temporaryFolder(), "docs");
    await cp(fixturePath("kits", "itm", "images"), folder, { recursive: true });
    await cp(await kitModel("itm"), path.join(home, "models", "itm"), { recursive: true });
  });

  async function run(...args: string[]) {
    const host = testHost({ home });
    const code = await runCli(["alt", "mismatch", ...args], host);
    return { code, out: host.stdout.text, notes: host.stderr.text };
  }

  it("counts what it would find of mistakes that it makes in memory", async () => {
    const page = path.join(folder, "page.md");
    const text = [
      "![a red warning sign on a wall](wide.png)",
      "![two dogs run along the beach](tall.png)",
      "![a bowl of fruit on a table](photo.png)",
    ].join("\n\n");
    await writeFile(page, text);
    const { code, out } = await run(folder, "--evaluate", "--json");
    assert.equal(code, 0);
    const figures = JSON.parse(out) as {
      readonly mistakes: readonly { readonly mistake: string; readonly interval: object }[];
      readonly nTexts: number;
      readonly baselines: readonly object[];
    };
    assert.equal(figures.nTexts, 3);
    assert.deepEqual(
      figures.mistakes.map(({ mistake }) => mistake),
      ["random", "document", "nearest", "replaced"],
    );
    assert.equal(figures.baselines.length, 3);
    const shown = await run(folder, "--evaluate");
    assert.match(shown.out, /another picture takes the place +\d/);
    assert.match(shown.out, /3 texts of \d+ pictures in 1 documents? were taken for right/);
    assert.equal(await readFile(page, "utf8"), text);
    await writeFile(page, "![a red warning sign](wide.png)");
    assert.match((await run(folder, "--evaluate")).notes, /too few pictures with texts/);
  });

  it("counts what it tested and why not the rest, and confirms each finding", async () => {
    await writeFile(
      path.join(folder, "page.md"),
      [
        "![a red warning sign on a wall](wide.png)",
        "![two dogs run along the beach](tall.png)",
        "![a bowl of fruit](photo.png)",
        "![sunset](gray.png)",
        "![](alpha.png)",
        "![nine by seven pixels](tiny.png)",
        "![not there at all](gone.png)",
      ].join("\n\n"),
    );
    const { code, out } = await run(folder, "--json");
    assert.equal(code, 0);
    const found = JSON.parse(out) as MismatchJson;
    assert.equal(found.searched, 8);
    assert.equal(found.texts, 5);
    const nUntested = Object.values(found.untested).reduce((sum, n) => sum + n, 0);
    assert.equal(found.tested + nUntested, 5);
    assert.equal(found.untested["too few words"], 1);
    assert.equal(found.untested["the picture shows too little"], 1);
    for (const { own, match, margin } of found.findings) {
      assert.ok(own < 0.5 && match > 0.5 && margin >= 0.05);
    }
    const checked = await run(folder, "--check");
    assert.equal(checked.code, found.findings.length > 0 ? 1 : 0);
    assert.match(checked.notes, /Tested \d of 5 texts \(not: .*\): \d findings?\./);
  });

  it("has nothing to compare with among two pictures", async () => {
    const file = path.join(folder, "page.md");
    await writeFile(file, "![a red sign](wide.png) ![two dogs](tall.png)");
    const { code, notes } = await run(file);
    assert.equal(code, 0);
    assert.match(notes, /too few pictures/);
  });

  it("says which document cannot be read", async () => {
    const { code, notes } = await run(path.join(folder, "none.md"));
    assert.equal(code, 1);
    assert.match(notes, /none\.md/);
  });
});
