/**
 * Which engines of this user hold a model on this machine: each window, and each command that has loaded a
 * model, listens at a socket of its own in a folder of the user and tells how its engine is. A window ends
 * its own when somebody else asks and nobody is being answered; a command goes on to its end. A socket of a process that is gone refuses, so no process id has to be trusted, and one
 * that was killed leaves nothing that counts.
 *
 * For the host, the command line and `doctor`, which share no other room.
 */

import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";

export interface EngineEntry {
  /** Of the window's process, or the command's. */
  readonly pid: number;
  /** A command's engine is `loading` or `busy`, and is never ended by others. */
  readonly holder: "window" | "command";
  /** The folder of the models and caches that it reads; undefined when nobody says. */
  readonly store?: string | undefined;
  /** As the settings name it. */
  readonly model: string;
  /** What its process holds, or is about to while it loads. */
  readonly bytes: number;
  /** `busy`: somebody is being answered; such an engine is not ended. */
  readonly state: "loading" | "ready" | "busy";
}

/** An engine of another window, or of a command. */
export interface OtherEngine extends EngineEntry {
  /** Where to reach it. */
  readonly address: string;
}

export interface RollOptions {
  /** Undefined while there is no engine. */
  readonly describe: () => Omit<EngineEntry, "pid"> | undefined;
  /** Ends the engine and waits until its memory is free; false when somebody is being answered. */
  readonly release: () => Promise<boolean>;
  /** @default `rollFolder()` */
  readonly folder?: string;
}

type Request = "state" | "end";

/** A window answers at once, unless another extension blocks it. */
const PATIENCE_MS = 2000;
/** Its engine may need seconds to go. */
const END_PATIENCE_MS = 15_000;
/** More than any answer or question has. */
const MAX_CHARACTERS = 10_000;
const ENTRY_NAME = /^engine-[0-9a-f-]{36}$/;
/** What sun_path holds on macOS, less its end. */
const LONGEST_ADDRESS = 103;

/** The folder of this user's engines on this machine. It need not exist. */
export function rollFolder(): string {
  const name = `sightline-${ownUid() ?? userInfo().username.replace(/\W/g, "")}`;
  const folder = path.join(tmpdir(), name);
  const isLong = addressOf(folder, `engine-${randomUUID()}`).length > LONGEST_ADDRESS;
  return isLong ? path.join("/tmp", name) : folder;
}

/** This process's entry in the roll. */
export class EngineRoll {
  readonly #options: RollOptions;
  readonly #folder: string;
  readonly #name = `engine-${randomUUID()}`;
  readonly #sockets = new Set<Socket>();
  #server: Promise<Server | undefined> | undefined;

  constructor(options: RollOptions) {
    this.#options = options;
    this.#folder = options.folder ?? rollFolder();
  }

  /** Begins to listen, once. A machine where that is not possible has no roll. */
  async join(): Promise<void> {
    this.#server ??= this.#listen().catch(() => undefined);
    await this.#server;
  }

  /** The engines of others, the largest first. */
  async others(): Promise<readonly OtherEngine[]> {
    return await enginesOn(this.#folder, addressOf(this.#folder, this.#name));
  }

  async dispose(): Promise<void> {
    const server = await this.#server;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    // Whoever still asks has nothing to wait for, and is not waited for.
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await rm(path.join(this.#folder, this.#name), { force: true }).catch(() => undefined);
  }

  async #listen(): Promise<Server | undefined> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (!(await isOwn(this.#folder))) return undefined;
    const server = createServer((socket) => {
      void this.#serve(socket);
    });
    // Nobody's window stays open for it.
    server.unref();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(addressOf(this.#folder, this.#name), resolve);
    });
    // A pipe has no file that others could find.
    if (process.platform === "win32") await writeFile(path.join(this.#folder, this.#name), "");
    return server;
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    socket.setTimeout(END_PATIENCE_MS, () => socket.destroy());
    const request = await firstLine(socket);
    const ended = request === ("end" satisfies Request) && (await this.#release());
    const entry = this.#options.describe();
    socket.end(`${JSON.stringify({ ended, ...(entry && { ...entry, pid: process.pid }) })}\n`);
  }

  async #release(): Promise<boolean> {
    return await this.#options.release().catch(() => false);
  }
}

/**
 * The engines that hold a model or load one, the largest first. Entries of processes that are gone are
 * taken away.
 * @param own an address that is left out.
 */
export async function enginesOn(
  folder: string = rollFolder(),
  own?: string,
): Promise<readonly OtherEngine[]> {
  // Somebody else's folder of that name says nothing.
  if (!(await isOwn(folder))) return [];
  const names = (await readdir(folder).catch(() => [])).filter((name) => ENTRY_NAME.test(name));
  const asked = names.map(async (name): Promise<OtherEngine | undefined> => {
    const address = addressOf(folder, name);
    if (address === own) return undefined;
    const answer = await ask(address, "state", PATIENCE_MS);
    if (answer === "gone") {
      await rm(path.join(folder, name), { force: true }).catch(() => undefined);
    }
    return typeof answer === "string" ? undefined : readEntry(answer, address);
  });
  const found = (await Promise.all(asked)).filter((entry) => entry !== undefined);
  return found.sort((a, b) => b.bytes - a.bytes);
}

/** False for an engine that is known to read another store than that of the folder. */
export async function usesStore(
  { store }: Pick<EngineEntry, "store">,
  folder: string,
): Promise<boolean> {
  return store === undefined || (await realPath(store)) === (await realPath(folder));
}

/** Asks a window to end its engine. @returns true when its memory is free. */
export async function endEngine({ address }: OtherEngine): Promise<boolean> {
  const answer = await ask(address, "end", END_PATIENCE_MS);
  return answer === "gone" || (typeof answer === "object" && answer["ended"] === true);
}

/** Of one folder there may be several paths. */
async function realPath(folder: string): Promise<string> {
  return await realpath(folder).catch(() => path.resolve(folder));
}

function addressOf(folder: string, name: string): string {
  return process.platform === "win32" ? `\\\\.\\pipe\\sightline-${name}` : path.join(folder, name);
}

async function isOwn(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) return false;
  const uid = ownUid();
  // Windows has no such numbers, and keeps the folder of temporary files to its user.
  return uid === undefined || (found.uid === uid && (found.mode & 0o022) === 0);
}

/** Not from the system's list of users, where one that a container was started as may be missing. */
function ownUid(): number | undefined {
  return process.getuid?.();
}

type Answer = Readonly<Record<string, unknown>> | "gone" | "silent";

/** `gone`: nobody listens there any more. */
async function ask(address: string, request: Request, patienceMs: number): Promise<Answer> {
  return await new Promise((resolve) => {
    const socket = createConnection(address);
    const give = (answer: Answer): void => {
      resolve(answer);
      socket.destroy();
    };
    socket.setTimeout(patienceMs, () => {
      give("silent");
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      give(code === "ECONNREFUSED" || code === "ENOENT" ? "gone" : "silent");
    });
    socket.on("connect", () => {
      socket.write(`${request}\n`);
      void firstLine(socket).then((line) => {
        give(parsed(line));
      });
    });
  });
}

/** What comes until a line break or the end. */
async function firstLine(socket: Socket): Promise<string> {
  return await new Promise((resolve) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      if (text.includes("\n") || text.length > MAX_CHARACTERS) resolve(text.split("\n")[0] ?? "");
    });
    socket.on("close", () => {
      resolve(text);
    });
  });
}

function parsed(line: string): Answer {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : "silent";
  } catch {
    return "silent";
  }
}

const STATES = ["loading", "ready", "busy"] as const;

/** Undefined for a window without an engine, and for what no window of ours says. */
function readEntry(answer: Exclude<Answer, string>, address: string): OtherEngine | undefined {
  const { pid, model, bytes, store } = answer;
  const holder = answer["holder"] === "command" ? "command" : "window";
  const state = STATES.find((name) => name === answer["state"]);
  if (typeof pid !== "number" || typeof model !== "string" || state === undefined) return undefined;
  if (typeof bytes !== "number" || !(bytes >= 0)) return undefined;
  const entry: OtherEngine = { pid, holder, model: model.slice(0, 500), bytes, state, address };
  return typeof store === "string" ? { ...entry, store } : entry;
}
