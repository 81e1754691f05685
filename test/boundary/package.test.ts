/** Packing against the real project: its lock file, its native packages, its bundles and vsce. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import type * as Vsce from "@vscode/vsce";
import type * as Esbuild from "esbuild";
import { providerPackage } from "../../src/library/cuda/cudaPackage";
import { nativeFiles, nativePackages, programsOf, projectFiles } from "../../src/packaging/layout";
import { bundledPackages, noticeOf } from "../../src/packaging/notices";
import {
  type NpmPackage,
  readLockedPackages,
  type PackageSource,
} from "../../src/packaging/npmPackages";
import { TARGETS, type NativeParts } from "../../src/packaging/targets";
import { checkEntries } from "../../src/packaging/verify";
import { parseSource, ts } from "../helpers/sourceTree";
import { listZipEntries } from "../../src/packaging/zipEntries";

const PROJECT = path.resolve(".");
const RUNTIME = path.join(PROJECT, "node_modules", "onnxruntime-node", "bin", "napi-v6");
// Both read files of their own at run time, so they cannot be bundled.
const requireHere = createRequire(path.join(PROJECT, "package.json"));
const vsce = requireHere("@vscode/vsce") as typeof Vsce;
const esbuild = requireHere("esbuild") as typeof Esbuild;

const natives = TARGETS.flatMap(({ native }) => native ?? []);
const nativeHere = natives.find(
  ({ platform, arch }) => platform === process.platform && arch === process.arch,
);

async function packageSource(): Promise<PackageSource> {
  const locked = await readLockedPackages(PROJECT);
  // No cache: nothing may be fetched in a test, and what this machine needs is installed.
  return { projectDir: PROJECT, cacheDir: path.join(PROJECT, "nowhere"), locked };
}

async function writeTree(dir: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(path.dirname(path.join(dir, file)), { recursive: true });
    await writeFile(path.join(dir, file), `content of ${file}`);
  }
}

describe("the targets of the packages", () => {
  it("are the machines that ONNX Runtime has binaries for, with every file accounted for", async () => {
    const folders = (await readdir(RUNTIME)).map(async (platform) => {
      const archs = await readdir(path.join(RUNTIME, platform));
      return archs.map((arch) => `${platform}/${arch}`);
    });
    const machine = ({ platform, arch }: NativeParts): string => `${platform}/${arch}`;
    assert.deepEqual(natives.map(machine).sort(), (await Promise.all(folders)).flat().sort());
    for (const native of natives) {
      const files = [...native.runtimeFiles, ...native.leftOut].sort();
      assert.deepEqual((await readdir(path.join(RUNTIME, machine(native)))).sort(), files);
    }
  });

  it("have exactly the packages that sharp names for these machines", async () => {
    const locked = await readLockedPackages(PROJECT);
    const names = Object.keys(locked).map((folder) => folder.replace("node_modules/", ""));
    for (const { platform, arch, sharpPackages } of natives) {
      const own = new RegExp(`^@img/sharp-(libvips-)?${platform}-${arch}$`);
      assert.deepEqual([...sharpPackages].sort(), names.filter((name) => own.test(name)).sort());
      for (const name of sharpPackages) {
        assert.match(locked[`node_modules/${name}`]?.integrity ?? "", /^sha512-/, name);
      }
    }
  });
});

describe("the files of a package", () => {
  it("hold every module that the native packages load", async () => {
    if (nativeHere === undefined) {
      // Its packages are not installed here, and there is nothing to load.
      assert.ok(!TARGETS.some(({ name }) => name === `${process.platform}-${process.arch}`));
      return;
    }
    const script =
      'require("onnxruntime-node"); require("sharp"); console.log(JSON.stringify(Object.keys(require.cache)))';
    const output = execFileSync(process.execPath, ["-e", script], {
      cwd: PROJECT,
      encoding: "utf8",
    });
    const loaded = (JSON.parse(output) as string[]).map((file) =>
      path.relative(PROJECT, file).replaceAll("\\", "/"),
    );
    const packages = await nativePackages(await packageSource(), nativeHere);
    const shipped = new Set(packages.map(({ name }) => `node_modules/${name}/package.json`));
    for (const found of packages) {
      for (const { to } of await nativeFiles(found, nativeHere)) shipped.add(to);
    }
    assert.ok(loaded.length > 20, "modules were loaded");
    assert.deepEqual(
      loaded.filter((file) => !shipped.has(file)),
      [],
    );
  });

  it("say on Linux x64 where the CUDA libraries of this version are published", async () => {
    const dir = path.join(PROJECT, "node_modules", "onnxruntime-node");
    for (const native of natives) {
      const found = { name: "onnxruntime-node", dir } as NpmPackage;
      const files = (await nativeFiles(found, native)).map(({ to }) => to);
      const scripts = files.filter((file) => file.includes("/script/"));
      const isLinuxX64 = native.platform === "linux" && native.arch === "x64";
      assert.equal(scripts.length, isLinuxX64 ? 2 : 0);
    }
    const copy = await mkdtemp(path.join(tmpdir(), "packed-runtime-"));
    try {
      const native = natives.find(({ platform, arch }) => platform === "linux" && arch === "x64")!;
      const found = { name: "onnxruntime-node", dir } as NpmPackage;
      for (const { to, from } of await nativeFiles(found, native)) {
        if (!to.includes("/script/")) continue;
        await mkdir(path.dirname(path.join(copy, to)), { recursive: true });
        await copyFile(from, path.join(copy, to));
      }
      const folder = path.join(copy, "node_modules", "onnxruntime-node");
      const wanted = providerPackage({ folder, version: "1.30.0", commonFolder: "" }, undefined);
      assert.match(wanted.name, /Gpu\.Linux$/);
    } finally {
      await rm(copy, { recursive: true });
    }
  });

  it("have the API for other extensions as a declaration, which needs the editor's types alone", async () => {
    const [target] = TARGETS;
    const files = await projectFiles(PROJECT, target!);
    const types = files.find(({ to }) => to === "api.d.ts");
    const text = await readFile(types?.from ?? "", "utf8");
    const source = parseSource("api.d.ts", text);
    const [first, ...others] = source.statements;
    assert.ok(first !== undefined && ts.isImportDeclaration(first));
    assert.match(first.getText(), /^import type \* as vscode from "vscode";$/);
    assert.ok(others.length > 2 && others.every((node) => ts.isInterfaceDeclaration(node)));
    for (const name of ["SightlineApi", "AskOptions", "DescribeOptions", "SightlineError"]) {
      assert.ok(text.includes(`export interface ${name} `), name);
    }
  });

  it("come without the model and the engine where these cannot run", async () => {
    const [linux, universal] = ["linux-x64", "universal"].map((name) =>
      TARGETS.find((target) => target.name === name),
    );
    const files = async (target = linux): Promise<readonly string[]> =>
      (await projectFiles(PROJECT, target!)).map(({ to }) => to);
    const only = (await files(linux)).filter((file) => file.startsWith("models/"));
    assert.ok(only.includes("models/demo/model.safetensors"));
    const rest = (await files(linux)).filter((file) => !only.includes(file));
    assert.deepEqual(await files(universal), rest);
    const engine = ["child.js", "cli.js", "convertWorker.js", "mcp.js"];
    const editor = ["extension.js", "extension/A1B2C3D4.js"];
    const built = [...engine, ...editor];
    assert.deepEqual(programsOf(linux!, built), [...engine, ...editor]);
    assert.deepEqual(programsOf(universal!, built), editor);
  });
});

describe("the program of the converter's threads", () => {
  it("holds parts of the converter and loads nothing but Node's own modules", async () => {
    const { metafile } = await esbuild.build({
      entryPoints: ["src/convert/workers/convertWorker.ts"],
      ...{ bundle: true, platform: "node", metafile: true, write: false, outdir: "out/unwritten" },
    });
    const rooms = new Set(
      Object.keys(metafile.inputs).map((file) => file.split("/").slice(0, 2).join("/")),
    );
    assert.deepEqual([...rooms].sort(), ["src/base", "src/convert", "src/model"]);
    const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
    assert.ok(outside.length > 0);
    assert.ok(outside.every(({ path: name }) => name.startsWith("node:")));
  });
});

describe("the licences of what is bundled", () => {
  it("are accepted, and their texts are there", async () => {
    const { metafile } = await esbuild.build({
      entryPoints: [
        ...["src/child/main.ts", "src/cli/main.ts", "src/editor/extension.ts"],
        "webview/chat/main.ts",
      ],
      bundle: true,
      platform: "node",
      external: ["vscode", "onnxruntime-node", "sharp"],
      metafile: true,
      write: false,
      outdir: "out/never-written",
      logLevel: "warning",
    });
    const packages = await bundledPackages(PROJECT, Object.keys(metafile.inputs));
    const names = packages.map(({ name }) => name);
    for (const name of [
      "parse5",
      "commander",
      "diff",
      "@huggingface/tokenizers",
      "@vscode/webview-ui-toolkit",
    ]) {
      assert.ok(names.includes(name), name);
    }
    const licencesDir = path.join(PROJECT, "src", "packaging", "licences");
    for (const found of packages) await noticeOf(found, licencesDir);
  });
});

describe("the pictures and pages of a package", () => {
  it("have an icon of 128 by 128 pixels", async () => {
    const png = await readFile(path.join(PROJECT, "media", "icon.png"));
    assert.equal(png.toString("latin1", 1, 4), "PNG");
    // Width and height open the header chunk, behind the signature, its length and its name.
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [128, 128]);
  });

  it("have an activity icon of one colour", async () => {
    const svg = await readFile(path.join(PROJECT, "media", "activity.svg"), "utf8");
    const colours = [...svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map((match) => match[1]);
    assert.deepEqual([...new Set(colours)].sort(), ["currentColor", "none"]);
  });
});

describe("vsce", () => {
  let dir = "";
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "sightline-package-"));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it("lets through what the allow-list names and nothing else", async () => {
    const native = (name: string, files: readonly string[]): readonly string[] =>
      files.map((file) => `node_modules/${name}/${file}`);
    const wanted = [
      ...["CHANGELOG.md", "LICENSE", "README.md", "THIRD-PARTY-NOTICES.txt"],
      ...["package.nls.json", "package.nls.de.json", "l10n/bundle.l10n.de.json"],
      ...["child.js", "cli.js", "convertWorker.js", "mcp.js", "extension.js"].map(
        (name) => `dist/${name}`,
      ),
      ...["extension/A1B2C3D4.js", "webview/chat.js", "webview/chat.css"].map(
        (name) => `dist/${name}`,
      ),
      ...[
        "media/icon.png",
        "media/activity.svg",
        "media/activity-dark.svg",
        "media/samples/red-circle.png",
      ],
      "media/sightline.schema.json",
      ...["media/walkthrough/ask.svg", "media/walkthrough/ask.md"],
      ...["models/catalog.json", "models/demo/config.json", "models/demo/model.safetensors"],
      ...native("onnxruntime-node", [
        "dist/index.js",
        "bin/napi-v6/linux/x64/libonnxruntime.so.1",
        "bin/napi-v6/win32/x64/onnxruntime.dll",
        "bin/napi-v6/darwin/arm64/libonnxruntime.1.dylib",
        "script/install-metadata.js",
        "script/install-metadata-versions.js",
      ]),
      ...native("onnxruntime-common", ["dist/cjs/index.js", "dist/cjs/package.json"]),
      ...native("sharp", ["dist/index.cjs"]),
      ...native("detect-libc", ["lib/elf.js"]),
      ...native("semver", ["index.js", "classes/range.js", "internal/re.js"]),
      ...native("@img/colour", ["index.cjs"]),
      ...native("@img/sharp-linux-x64", ["index.cjs", "lib/sharp-linux-x64-0.35.5.node"]),
      ...native("@img/sharp-libvips-linux-x64", ["versions.json", "lib/libvips-cpp.so.8.18.7"]),
      ...native("@img/sharp-win32-x64", ["lib/libvips-42.dll"]),
    ];
    const unwanted = [
      ...[
        "src/editor/extension.ts",
        "test/unit/a.test.ts",
        "webview/chat/main.ts",
        "out/test/a.js",
      ],
      ...["dist/child.js.map", "dist/extension/A1B2C3D4.js.map", ".cache/a", ".env", "a.pem"],
      ...["package-lock.json", "tsconfig.json", "esbuild.mjs", "src/packaging/licences/fast.txt"],
      ...[
        "media/icon.svg",
        "media/screenshots/chat.png",
        "models/README.md",
        "models/local/a.onnx",
      ],
      ...native("onnxruntime-node", ["script/install.js", "dist/index.d.ts", "dist/index.js.map"]),
      ...native("onnxruntime-common", ["dist/esm/index.js", "lib/index.ts"]),
      ...native("sharp", ["src/sharp.cc", "dist/index.mjs", "install/build.js"]),
      ...native("semver", ["bin/semver.js", "README.md"]),
      ...native("@img/sharp-libvips-linux-x64", ["lib/glib-2.0/include/glibconfig.h"]),
      ...native("adm-zip", ["adm-zip.js"]),
    ];
    await writeTree(dir, [...wanted, ...unwanted]);
    const modules = [...wanted, ...unwanted].flatMap(
      (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
    );
    const names = [...new Set(modules)];
    const manifests = names.map((name) => `node_modules/${name}/package.json`);
    for (const [index, file] of manifests.entries()) {
      const manifest = { name: names[index], version: "1.0.0" };
      await writeFile(path.join(dir, file), JSON.stringify(manifest));
    }
    const manifest = {
      name: "a",
      version: "1.0.0",
      engines: { vscode: "*" },
      dependencies: Object.fromEntries(names.map((name) => [name, "1.0.0"])),
    };
    await writeFile(path.join(dir, "package.json"), JSON.stringify(manifest));
    const ignoreFile = path.join(PROJECT, ".vscodeignore");
    const listed = await vsce.listFiles({
      cwd: dir,
      ignoreFile,
      packageManager: vsce.PackageManager.Npm,
    });
    const packed = manifests.filter((file) => !file.includes("adm-zip"));
    const expected = [...wanted, ...packed, "package.json"].sort();
    assert.deepEqual(listed.map((file) => file.replaceAll("\\", "/")).sort(), expected);
  });

  it("writes a package in which the check finds every file under its name", async () => {
    const files = ["CHANGELOG.md", "LICENSE", "README.md", "dist/extension.js"];
    await writeTree(dir, files);
    const manifest = {
      name: "a",
      publisher: "b",
      version: "1.0.0",
      license: "MIT",
      engines: { vscode: "^1.97.0" },
    };
    await writeFile(path.join(dir, "package.json"), JSON.stringify(manifest));
    await writeFile(path.join(dir, ".vscodeignore"), ".vscodeignore\n");
    const file = path.join(dir, "a.vsix");
    const program = path.join(PROJECT, "node_modules", "@vscode", "vsce", "vsce");
    const options = [
      "--no-dependencies",
      "--allow-missing-repository",
      "--no-rewrite-relative-links",
    ];
    execFileSync(process.execPath, [program, "package", ...options, "--out", file], { cwd: dir });
    const entries = await listZipEntries(file);
    checkEntries(entries, [...files, "package.json"]);
    const found = entries.find((entry) => entry.path === "extension/dist/extension.js");
    assert.equal(found?.nBytes, "content of dist/extension.js".length);
  });
});
