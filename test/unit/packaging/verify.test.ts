/** What is looked at in a finished package, on made-up ones. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { machineOf, machineOfHeader } from "../../../src/packaging/binaryKind";
import { packedManifest, packedNpmManifest } from "../../../src/packaging/manifests";
import { checkIntegrity, type NpmPackage } from "../../../src/packaging/npmPackages";
import { MAX_PACKAGE_BYTES, TARGETS, targetsNamed } from "../../../src/packaging/targets";
import { checkEntries, checkMachines, checkSize } from "../../../src/packaging/verify";
import { listZipEntries, type ZipEntry } from "../../../src/packaging/zipEntries";

const FILES = ["README.md", "LICENSE", "CHANGELOG.md", "package.json", "dist/extension.js"];
const PACKED = [
  "[Content_Types].xml",
  "extension.vsixmanifest",
  "extension/readme.md",
  "extension/LICENSE.txt",
  "extension/changelog.md",
  "extension/package.json",
  "extension/dist/extension.js",
];
const entry = (file: string, nBytes = 1): ZipEntry => ({ path: file, nBytes, nCompressedBytes: 1 });
const entries = (...more: readonly ZipEntry[]): readonly ZipEntry[] => [
  ...PACKED.map((file) => entry(file)),
  ...more,
];
const BINARIES = path.resolve("node_modules", "onnxruntime-node", "bin", "napi-v6");

describe("the check of a package's entries", () => {
  it("accepts exactly what was laid out", () => {
    checkEntries(entries(), FILES);
  });

  it("finds what nobody laid out", () => {
    assert.throws(() => {
      checkEntries(entries(entry("extension/secret.txt")), FILES);
    }, /must not: extension\/secret\.txt\./);
  });

  it("finds what is missing", () => {
    assert.throws(() => {
      checkEntries(entries().slice(0, -1), FILES);
    }, /lacks extension\/dist\/extension\.js/);
  });

  const forbidden = ["src/a.js", "test/a.js", "dist/a.js.map", "a.ts", ".env", "a/scripts/b.js"];
  for (const file of forbidden) {
    it(`refuses ${file} even when it was laid out`, () => {
      assert.throws(() => {
        checkEntries(entries(entry(`extension/${file}`)), [...FILES, file]);
      }, /must not/);
    });
  }

  it("accepts the two files of a script folder that say where CUDA is published", () => {
    const folder = "node_modules/onnxruntime-node/script";
    const data = [`${folder}/install-metadata.js`, `${folder}/install-metadata-versions.js`];
    checkEntries(entries(...data.map((file) => entry(`extension/${file}`))), [...FILES, ...data]);
  });

  it("finds empty files", () => {
    assert.throws(() => {
      checkEntries(entries(entry("extension/a.js", 0)), [...FILES, "a.js"]);
    }, /empty files: extension\/a\.js/);
  });
});

describe("the check of a package's size", () => {
  it("ends at the limit and says both sizes", () => {
    checkSize(MAX_PACKAGE_BYTES);
    assert.throws(() => {
      checkSize(MAX_PACKAGE_BYTES + 1_000_000);
    }, /46\.0 MB; the limit is 45\.0 MB/);
  });
});

describe("the check of native libraries", () => {
  it("tells the machine of every library of ONNX Runtime", async () => {
    for (const platform of await readdir(BINARIES)) {
      for (const arch of await readdir(path.join(BINARIES, platform))) {
        const folder = path.join(BINARIES, platform, arch);
        for (const file of await readdir(folder)) {
          assert.equal(await machineOf(path.join(folder, file)), `${platform}-${arch}`, file);
        }
      }
    }
  });

  it("knows no machine of other files", () => {
    assert.equal(machineOfHeader(Buffer.from("#!/usr/bin/env node\n")), undefined);
    assert.equal(machineOfHeader(Buffer.alloc(4096)), undefined);
    assert.equal(machineOfHeader(Buffer.from(`MZ${"\xff".repeat(200)}`, "latin1")), undefined);
  });

  it("refuses a library for another machine, and any in the universal package", async () => {
    const files = ["linux/arm64/onnxruntime_binding.node"];
    for (const name of ["linux-x64", "universal"]) {
      const [target] = targetsNamed([name]);
      await assert.rejects(
        checkMachines(target!, BINARIES, files),
        /another machine: linux\/arm64/,
      );
    }
  });

  it("refuses a package with too few of them", async () => {
    const [target] = targetsNamed(["linux-arm64"]);
    const files = ["linux/arm64/onnxruntime_binding.node"];
    await assert.rejects(checkMachines(target!, BINARIES, files), /Only 1 native/);
  });
});

describe("the targets", () => {
  it("are all meant when none is named", () => {
    assert.equal(targetsNamed([]), TARGETS);
    assert.deepEqual(
      targetsNamed(["universal", "win32-x64"]).map(({ name }) => name),
      ["universal", "win32-x64"],
    );
  });

  it("that are unknown are answered with those that are known", () => {
    assert.throws(() => targetsNamed(["darwin-x64"]), /no target "darwin-x64"; .*darwin-arm64/);
  });
});

describe("a fetched tarball", () => {
  const bytes = Buffer.from("tarball");
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;

  it("is accepted with the hash of the lock file", () => {
    checkIntegrity("a@1.0.0", bytes, integrity);
  });

  it("is refused with another hash or none", () => {
    for (const [data, hash] of [
      [Buffer.from("other"), integrity],
      [bytes, undefined],
      [bytes, `sha1-${createHash("sha1").update(bytes).digest("base64")}`],
    ] as const) {
      assert.throws(() => {
        checkIntegrity("a@1.0.0", data, hash);
      }, /a@1\.0\.0 is not the one in package-lock\.json/);
    }
  });
});

describe("manifests in a package", () => {
  const sharp: NpmPackage = {
    name: "sharp",
    version: "0.35.5",
    dir: "",
    manifest: { name: "sharp", version: "0.35.5" },
  };

  it("say nothing about development, and name native parts in their exact versions", () => {
    const manifest = {
      name: "a",
      displayName: "A",
      version: "1.0.0",
      engines: { node: ">=20", vscode: "^1.97.0" },
      private: true,
      bin: { a: "dist/cli.js" },
      scripts: { test: "mocha" },
      devDependencies: { mocha: "12" },
      dependencies: { sharp: "^0.35.5", "onnxruntime-node": "1.30.0" },
      contributes: { commands: [] },
    };
    assert.deepEqual(packedManifest(manifest, [sharp]), {
      name: "a",
      displayName: "A",
      version: "1.0.0",
      engines: { vscode: "^1.97.0" },
      dependencies: { sharp: "0.35.5" },
      contributes: { commands: [] },
    });
    assert.deepEqual(packedManifest(manifest, [])["dependencies"], {});
  });

  it("of npm packages name only dependencies that are packed", () => {
    const manifest = {
      name: "b",
      version: "1.0.0",
      main: "index.js",
      scripts: { postinstall: "download" },
      dependencies: { sharp: "^0.35.0", "adm-zip": "^0.6.0" },
    };
    assert.deepEqual(packedNpmManifest(manifest, [sharp]), {
      name: "b",
      version: "1.0.0",
      main: "index.js",
      dependencies: { sharp: "^0.35.0" },
    });
  });
});

describe("a file that is no zip", () => {
  it("is refused by name", async () => {
    const dir = await mkdtemp(path.join(tmpdir(), "sightline-zip-"));
    try {
      const file = path.join(dir, "a.vsix");
      for (const bytes of [Buffer.alloc(0), Buffer.alloc(100_000, 7)]) {
        await writeFile(file, bytes);
        await assert.rejects(listZipEntries(file), /a\.vsix is not a zip file/);
      }
      // An end record that promises an entry where there is none.
      const end = Buffer.alloc(22);
      end.writeUInt32LE(0x06054b50, 0);
      end.writeUInt16LE(1, 10);
      await writeFile(file, end);
      await assert.rejects(listZipEntries(file), /broken at entry 0/);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
