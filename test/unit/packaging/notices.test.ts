/** Licence notices of a package. */

import assert from "node:assert/strict";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundledPackages, noticeOf, noticesText } from "../../../src/packaging/notices";
import { readNpmPackage, type NpmPackage } from "../../../src/packaging/npmPackages";

const LICENCES = path.resolve("src", "packaging", "licences");

describe("licence notices", () => {
  let dir = "";
  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "sightline-notices-"));
  });
  after(() => rm(dir, { recursive: true }));

  /** A package with these files, installed in the temporary folder. */
  async function install(
    name: string,
    manifest: Readonly<Record<string, unknown>>,
    files: Readonly<Record<string, string>> = {},
  ): Promise<NpmPackage> {
    const folder = path.join(dir, "node_modules", name);
    await mkdir(folder, { recursive: true });
    const all = {
      "package.json": JSON.stringify({ name, version: "1.0.0", ...manifest }),
      ...files,
    };
    for (const [file, text] of Object.entries(all)) await writeFile(path.join(folder, file), text);
    const found = await readNpmPackage(folder);
    assert.ok(found !== undefined);
    return found;
  }

  it("find the packages in a bundle, nested and scoped ones too", async () => {
    await install("plain", {});
    await install("@scope/name", {});
    await install("plain/node_modules/inner", { name: "inner", version: "2.0.0" });
    const found = await bundledPackages(dir, [
      "src/main.ts",
      "node_modules/plain/index.js",
      "node_modules/plain/lib/more.js",
      "node_modules/@scope/name/dist/a.mjs",
      "node_modules/plain/node_modules/inner/a.js",
    ]);
    const names = found.map(({ name, version }) => `${name} ${version}`);
    assert.deepEqual(names, ["@scope/name 1.0.0", "plain 1.0.0", "inner 2.0.0"]);
  });

  it("hold the licence and the notice of a package", async () => {
    const found = await install(
      "apache",
      { license: "Apache-2.0" },
      {
        "license.md": "Apache\r\nLicense\n",
        NOTICE: "by us",
        "NOTICES.js": "no",
        "readme.md": "no",
      },
    );
    const notice = await noticeOf(found, LICENCES);
    assert.deepEqual(notice.texts, ["Apache\nLicense", "by us"]);
  });

  const accepted = ["MIT", "(MIT OR GPL-2.0)", "GPL-3.0 OR ISC", "MIT AND Apache-2.0", "0BSD"];
  for (const license of accepted) {
    it(`accept ${license}`, async () => {
      const found = await install("some", { license }, { LICENSE: "text" });
      assert.equal((await noticeOf(found, LICENCES)).licence, license);
    });
  }

  const refused = ["GPL-3.0", "MIT AND GPL-3.0", "LGPL-3.0-or-later", "UNLICENSED", "", undefined];
  for (const license of refused) {
    it(`refuse ${license === undefined ? "no licence" : `"${license}"`}`, async () => {
      const found = await install("other", { license }, { LICENSE: "text" });
      await assert.rejects(noticeOf(found, LICENCES), /other@1\.0\.0 .*does not accept/);
    });
  }

  it("read the licences of old packages", async () => {
    const found = await install("old", { licenses: [{ type: "MIT" }] }, { LICENCE: "text" });
    assert.equal((await noticeOf(found, LICENCES)).licence, "MIT");
  });

  for (const files of [{}, { LICENSE: " \n" }, { NOTICE: "by us" }]) {
    it(`refuse a package whose text is missing: ${JSON.stringify(files)}`, async () => {
      const name = `silent-${Object.keys(files).join("").toLowerCase()}`;
      const found = await install(name, { license: "MIT" }, files);
      await assert.rejects(noticeOf(found, LICENCES), /without the text of its licence/);
    });
  }

  it("take the texts that ONNX Runtime does not contain from the project", async () => {
    const runtime = await readNpmPackage(path.resolve("node_modules", "onnxruntime-node"));
    const { texts } = await noticeOf(runtime!, LICENCES);
    assert.match(texts[0] ?? "", /^MIT License\n\nCopyright \(c\) Microsoft Corporation/);
    assert.ok(texts.some((text) => text.includes("Copyright 2017-2023 The Dawn & Tint Authors")));
    assert.ok(texts.some((text) => text.includes("University of Illinois/NCSA")));
  });

  it("name the libraries in libvips and hold the LGPL and the GPL", async () => {
    const found = await install(
      "@img/sharp-libvips-linux-x64",
      { license: "LGPL-3.0-or-later" },
      { "README.md": "| libvips | LGPLv3 |" },
    );
    const { texts } = await noticeOf(found, LICENCES);
    assert.match(texts[0] ?? "", /libvips/);
    assert.match(texts[1] ?? "", /GNU LESSER GENERAL PUBLIC LICENSE/);
    assert.match(texts[2] ?? "", /GNU GENERAL PUBLIC LICENSE/);
  });

  it("are one text that names each part once and shares equal licences", () => {
    const notice = (
      name: string,
      texts: readonly string[],
    ): Parameters<typeof noticesText>[1][0] => ({
      name,
      version: "1.0.0",
      licence: "MIT",
      texts,
    });
    const text = noticesText("Product", [
      notice("b", ["the same"]),
      notice("a", ["the same", "and more"]),
      notice("b", ["the same"]),
    ]);
    assert.match(text, /^Product contains parts/);
    assert.match(text, /\n\na 1\.0\.0 \(MIT\)\nb 1\.0\.0 \(MIT\)\n\n/);
    assert.match(text, /---\na 1\.0\.0\nb 1\.0\.0\n---+\n\nthe same\n/);
    assert.match(text, /---\na 1\.0\.0\n---+\n\nand more\n/);
    assert.equal(text.split("the same").length, 2);
  });
});
