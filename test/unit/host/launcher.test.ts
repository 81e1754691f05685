import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  installLauncher,
  programFolders,
  removeLauncher,
  type ProgramsPlace,
} from "../../../src/host/machine/launcherFile";
import { launcherText, type LauncherFacts } from "../../../src/host/machine/launcherText";
import { temporaryFolder } from "../../helpers/kitModel";

/** Names in which a shell would see more than a name. */
const ODD = `it's "odd" $HOME`;
const COMMIT = "0123456789abcdef0123456789abcdef01234567";

describe("the script of the command line", () => {
  let root: string;
  let facts: LauncherFacts;
  let place: ProgramsPlace;
  const extensions = (): string => path.join(root, ODD, "extensions");
  const bin = (): string => path.join(root, ".local", "bin");

  /** An extension whose command line prints its version, its arguments and its environment. */
  async function extension(version: string): Promise<string> {
    const folder = path.join(extensions(), `sightline.sightline-${version}`);
    await mkdir(path.join(folder, "dist"), { recursive: true });
    const program = `const { argv, env } = process;
      console.log(JSON.stringify(["${version}", argv.slice(2), env.ELECTRON_RUN_AS_NODE, env.SIGHTLINE_HOME]));`;
    await writeFile(path.join(folder, "dist", "cli.js"), program);
    return folder;
  }

  const run = (file: string, ...args: string[]): unknown =>
    JSON.parse(
      execFileSync(file, args, {
        cwd: root,
        encoding: "utf8",
        env: { PATH: process.env["PATH"] },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );

  beforeEach(async () => {
    root = await temporaryFolder();
    const extensionFolder = await extension("1.0.0");
    facts = { platform: "linux", program: process.execPath, extensionFolder };
    place = { platform: "linux", homeDir: root, env: { PATH: `/usr/bin:${bin()}/` } };
  });

  async function installed(given: LauncherFacts = facts): Promise<string> {
    const outcome = await installLauncher(given, place);
    assert.ok(outcome.kind === "installed", JSON.stringify(outcome));
    return outcome.file;
  }

  it("runs the command line from any folder, with its arguments as they are", async () => {
    const file = await installed();
    assert.equal(file, path.join(bin(), "sightline"));
    assert.deepEqual(run(file, "ask", "a b.png", ODD), [
      "1.0.0",
      ["ask", "a b.png", ODD],
      "1",
      null,
    ]);
    assert.deepEqual(await readdir(bin()), ["sightline"]);
  });

  it("names the folder of models that the settings name, unless the environment does", async () => {
    const file = await installed({ ...facts, storageFolder: `/models/${ODD}` });
    assert.deepEqual(run(file), ["1.0.0", [], "1", `/models/${ODD}`]);
  });

  it("survives an update, and takes the newest version that is whole", async () => {
    const file = await installed();
    await rm(facts.extensionFolder, { recursive: true });
    const older = await extension("1.1.0");
    const newer = await extension("1.10.0");
    await mkdir(path.join(extensions(), "sightline.sightline-9.0.0"));
    await utimes(older, 1000, 1000);
    await utimes(newer, 2000, 2000);
    assert.deepEqual(run(file), ["1.10.0", [], "1", null]);
  });

  it("says so when the extension is gone, and which file to delete", async () => {
    const file = await installed();
    await rm(facts.extensionFolder, { recursive: true });
    assert.throws(
      () => run(file),
      (error: Error & { status?: number; stderr?: string }) =>
        error.status === 1 && error.stderr?.includes(`Delete this file: ${file}`) === true,
    );
  });

  it("finds the program in the folder of another commit, or Node on PATH", async () => {
    const server = (commit: string): string => path.join(root, ODD, `Stable-${commit}`, "server");
    const program = path.join(server(COMMIT), "node");
    const file = await installed({ ...facts, program });
    assert.deepEqual(run(file), ["1.0.0", [], "1", null]);
    const other = server(COMMIT.replaceAll("0", "f"));
    await mkdir(other, { recursive: true });
    await writeFile(path.join(other, "node"), '#!/bin/sh\necho "\\"the other\\""\n');
    await chmod(path.join(other, "node"), 0o755);
    assert.equal(run(file), "the other");
  });

  it("replaces its own file, and never another's", async () => {
    const file = await installed();
    assert.equal(await installed({ ...facts, storageFolder: "/elsewhere" }), file);
    assert.match(await readFile(file, "utf8"), /\/elsewhere/);
    await writeFile(file, "#!/bin/sh\necho mine\n");
    for (const act of [installLauncher(facts, place), removeLauncher(place)]) {
      assert.deepEqual(await act, { kind: "foreign", file });
    }
    assert.equal(await readFile(file, "utf8"), "#!/bin/sh\necho mine\n");
    await rm(file);
    await symlink(launcherTarget(), file);
    assert.equal((await installLauncher(facts, place)).kind, "foreign");
  });

  const launcherTarget = (): string => path.join(facts.extensionFolder, "dist", "cli.js");

  it("is taken away, once", async () => {
    const file = await installed();
    assert.deepEqual(await removeLauncher(place), { kind: "removed", file });
    assert.deepEqual(await removeLauncher(place), { kind: "absent" });
  });

  it("goes to a folder on PATH where there is one, and says where there is none", async () => {
    const other = path.join(root, "bin");
    await mkdir(other);
    const onPath = { ...place, env: { PATH: `/usr/bin:${other}` } };
    assert.deepEqual(await installLauncher(facts, onPath), {
      ...{ kind: "installed", file: path.join(other, "sightline"), isOnPath: true },
    });
    await rm(other, { recursive: true });
    assert.deepEqual(await installLauncher(facts, { ...place, env: {} }), {
      ...{ kind: "installed", file: path.join(bin(), "sightline"), isOnPath: false },
    });
  });

  it("says why a folder cannot be written to", async () => {
    await writeFile(path.join(root, ".local"), "in the way");
    const outcome = await installLauncher(facts, place);
    assert.ok(outcome.kind === "failed" && outcome.why.length > 0);
  });

  it("is a batch file on Windows, below the user's own programs", () => {
    const env = { LOCALAPPDATA: "C:\\Users\\a\\AppData\\Local" };
    assert.deepEqual(programFolders({ platform: "win32", homeDir: "C:\\Users\\a", env }), [
      "C:\\Users\\a\\AppData\\Local\\Programs\\Sightline\\bin",
    ]);
    const text = launcherText({
      platform: "win32",
      program: "C:\\Code\\Code.exe",
      extensionFolder: "C:\\100 %\\extensions\\sightline.sightline-1.0.0-win32-x64",
      storageFolder: "D:\\models",
    });
    const lines = text.split("\r\n");
    assert.equal(lines[0], "@echo off");
    assert.match(lines[1] ?? "", /^rem Written by the VS Code extension Sightline/);
    for (const line of [
      'set "extension=C:\\100 %%\\extensions\\sightline.sightline-1.0.0-win32-x64"',
      'set "program=C:\\Code\\Code.exe"',
      'if not defined SIGHTLINE_HOME set "SIGHTLINE_HOME=D:\\models"',
      'set "ELECTRON_RUN_AS_NODE=1"',
      '"%program%" "%extension%\\dist\\cli.js" %*',
    ]) {
      assert.ok(lines.includes(line), line);
    }
    assert.ok(text.includes('dir /b /ad /od "C:\\100 %%\\extensions\\sightline.sightline-*"'));
  });
});
