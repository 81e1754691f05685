/** A VS Code server as a process of its own, with data of its own. Knows no browser. */

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { isAlive, until } from "../helpers/waiting";
import type { EditorPrograms } from "./editorPrograms";
import { descendantsOf, killTree } from "./processTree";

const run = promisify(execFile);

/** A package of the extension is unpacked in seconds; a server listens after one. */
const INSTALL_LIMIT_MS = 180_000;
const START_LIMIT_MS = 180_000;
/** The runner of the tests empties it. */
const INSTALLED = path.join("out", "end-to-end", "installed");
/** How long the server may take to end by itself. */
const STOP_GRACE_MS = 5_000;

/** What every server has, so that nothing moves, opens or asks by itself. */
const QUIET_SETTINGS = {
  "chat.disableAIFeatures": true,
  // It would take back a selection of several files.
  "explorer.autoReveal": false,
  "extensions.autoCheckUpdates": false,
  "files.autoSave": "off",
  "git.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  // A hint at the pointer would lie over what is clicked next.
  "workbench.hover.delay": 600_000,
  "workbench.colorTheme": "Light 2026",
  "workbench.reduceMotion": "on",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

export interface ServerOptions {
  readonly programs: EditorPrograms;
  /** Home of the server: its data, the extensions' data and caches; must exist. */
  readonly home: string;
  /** Added to the quiet settings of the user. @default {} */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether the editor asks before it trusts a folder. @default false */
  readonly asksForTrust?: boolean;
  /** Files of further extensions, by publisher and name. @default none */
  readonly extensions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Added to the environment of the server and so of every extension. @default {} */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running server. */
export class CodeServer {
  readonly #options: ServerOptions;
  readonly #process: ChildProcess;
  readonly #log: string[] = [];
  #settings: Readonly<Record<string, unknown>>;

  private constructor(options: ServerOptions) {
    this.#options = options;
    this.#settings = { ...QUIET_SETTINGS, ...options.settings };
    const { programs, home } = options;
    const trust = options.asksForTrust === true ? [] : ["--disable-workspace-trust"];
    // Port 0: the system chooses one that is free.
    const address = ["--auth", "none", "--bind-addr", "127.0.0.1:0"];
    const quiet = [
      "--disable-telemetry",
      "--disable-update-check",
      "--disable-getting-started-override",
    ];
    this.#process = spawn(
      programs.node,
      [programs.codeServer, ...address, ...quiet, ...trust, ...folderArguments(home)],
      { env: environment(options), stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#log.push(text);
      });
    }
  }

  /** Starts with a package installed. @throws when it is not in time */
  static async start(options: ServerOptions & { readonly vsix: string }): Promise<CodeServer> {
    await cp(await installed(options), extensionsIn(options.home), { recursive: true });
    await addExtensions(options);
    const server = new CodeServer(options);
    await server.writeSettings({});
    await until(
      () => server.#address() !== undefined || server.#process.exitCode !== null,
      "for the server to listen",
      START_LIMIT_MS,
    );
    if (server.#address() === undefined) throw new Error(`The server ended:\n${server.log}`);
    return server;
  }

  /** Where the workbench is served, without a slash at its end. */
  get url(): string {
    const address = this.#address();
    if (address === undefined) throw new Error("The server does not listen.");
    return address;
  }

  /** The user's home, as every process of the editor sees it. */
  get home(): string {
    return this.#options.home;
  }

  /** What the server has printed. */
  get log(): string {
    return this.#log.join("");
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error("The server could not be started.");
    return this.#process.pid;
  }

  /** The folder where an installed extension was unpacked. @param id publisher and name */
  async extensionFolder(id: string): Promise<string> {
    const extensions = extensionsIn(this.#options.home);
    const name = (await readdir(extensions)).find((each) => each.startsWith(`${id}-`));
    if (name === undefined) throw new Error(`${id} is not installed in ${extensions}.`);
    return path.join(extensions, name);
  }

  /** Changes settings of the user; a window reads them when it loads. */
  async writeSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    const ofMachine = await machineSettings();
    const all = Object.entries(this.#settings);
    await this.#writeSettingsOf("User", all);
    // A file of a user is read again without them, as soon as anything in it changes.
    await this.#writeSettingsOf(
      "Machine",
      all.filter(([name]) => ofMachine.has(name)),
    );
  }

  async #writeSettingsOf(
    owner: "User" | "Machine",
    settings: readonly (readonly [string, unknown])[],
  ): Promise<void> {
    const file = path.join(this.#options.home, "data", owner, "settings.json");
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(Object.fromEntries(settings), undefined, 2));
  }

  /** Every log of the extension host and of the output channels of extensions, by file name. */
  async logFiles(): Promise<ReadonlyMap<string, string>> {
    const folder = path.join(this.#options.home, "data", "logs");
    const names = await readdir(folder, { recursive: true, encoding: "utf8" }).catch(() => []);
    const logs = names.filter((name) => name.endsWith(".log"));
    return new Map(
      await Promise.all(
        logs.map(async (name) => [name, await readFile(path.join(folder, name), "utf8")] as const),
      ),
    );
  }

  /** Processes below the server whose program is this file of an extension, started with these arguments. */
  pidsRunning(file: string, ...wanted: readonly string[]): number[] {
    return descendantsOf(this.pid)
      .filter(({ commandLine }) => {
        const program = commandLine.findIndex((word) => word.endsWith(`/${file}`));
        const given = commandLine.slice(program + 1);
        return program >= 0 && wanted.every((word, index) => given[index] === word);
      })
      .map(({ pid }) => pid);
  }

  /** Ends the server and everything that it started. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const below = descendantsOf(this.pid);
    const ended = once(this.#process, "exit");
    this.#process.kill();
    const timer = setTimeout(() => {
      killTree(this.pid);
    }, STOP_GRACE_MS);
    await ended;
    clearTimeout(timer);
    for (const { pid } of below) if (isAlive(pid)) killTree(pid);
  }

  #address(): string | undefined {
    return /HTTP server listening on (http:\/\/[\d.:]+)\//.exec(this.log)?.[1];
  }
}

/**
 * The folder where this version of a package is installed once, as a user installs it; every server has a
 * copy, which costs a tenth of the time.
 */
async function installed(options: ServerOptions & { readonly vsix: string }): Promise<string> {
  const vsix = path.resolve(options.vsix);
  const { mtimeMs } = await stat(vsix);
  const folder = path.resolve(INSTALLED, String(Math.round(mtimeMs)));
  if (existsSync(folder)) return folder;
  await mkdir(path.dirname(folder), { recursive: true });
  const home = await mkdtemp(`${folder}.partial-`);
  const { programs } = options;
  try {
    const args = [programs.codeServer, ...folderArguments(home), "--install-extension", vsix];
    const env = environment({ ...options, home });
    await run(programs.node, args, { env, timeout: INSTALL_LIMIT_MS });
    await rename(extensionsIn(home), folder).catch((error: unknown) => {
      // Another process may have been faster.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  return folder;
}

/** As an installation leaves them: a folder for each, and a line in the list of all. */
async function addExtensions({ home, extensions = {} }: ServerOptions): Promise<void> {
  const list = path.join(extensionsIn(home), "extensions.json");
  const known = JSON.parse(await readFile(list, "utf8")) as unknown[];
  for (const [id, files] of Object.entries(extensions)) {
    const folder = path.join(extensionsIn(home), `${id}-1.0.0`);
    await mkdir(folder);
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(folder, name), text);
    }
    const location = { $mid: 1, path: folder, scheme: "file" };
    const place = { location, relativeLocation: path.basename(folder) };
    known.push({ identifier: { id }, version: "1.0.0", ...place });
  }
  await writeFile(list, JSON.stringify(known));
}

function extensionsIn(home: string): string {
  return path.join(home, "extensions");
}

function folderArguments(home: string): string[] {
  return ["--user-data-dir", path.join(home, "data"), "--extensions-dir", extensionsIn(home)];
}

/** Nothing of npm's or mocha's own reaches the server. */
function environment({ home, env }: ServerOptions): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_|VSCODE_|XDG_|SIGHTLINE_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), HOME: home, ...env };
}

/** The extension's settings that belong to the machine where it runs, and not to the user's window. */
async function machineSettings(): Promise<ReadonlySet<string>> {
  const manifest = JSON.parse(await readFile("package.json", "utf8")) as {
    contributes: { configuration: Configuration | readonly Configuration[] };
  };
  const properties = [manifest.contributes.configuration]
    .flat()
    .flatMap((part) => Object.entries(part.properties));
  const found = properties.filter(([, { scope }]) => scope?.startsWith("machine") === true);
  return new Set(found.map(([name]) => name));
}

interface Configuration {
  readonly properties: Readonly<Record<string, { readonly scope?: string }>>;
}
