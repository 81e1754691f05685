/**
 * One process at a time writes a model of the store: a file that says so, kept young while its owner
 * lives. The lock saves work that would be done twice; that a model is whole never depends on it,
 * because models appear and disappear by being renamed.
 *
 * The package proper-lockfile does not fit: it listens to SIGTERM, and then a process that is inside
 * a computation of ONNX Runtime no longer ends on it.
 */

import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AppError, throwIfAborted } from "../../base/errors";
import { isRunning } from "../../convert/output/runningProcess";
import type { ModelStore } from "./modelStore";

export interface LockOptions {
  readonly store: ModelStore;
  /** Folder of the model that is to be written, anywhere. */
  readonly folder: string;
  /** What to do while another process holds the lock. */
  readonly ifBusy: "wait" | "refuse";
  /** Ends the waiting; the work looks at it itself. */
  readonly signal?: AbortSignal | undefined;
  /** Age in ms from which a lock counts as that of a process that is gone. @default 10000 */
  readonly staleMs?: number;
}

/** Missing four beats in a row, a process on whatever machine is gone or asleep with its computer. */
const DEFAULT_STALE_MS = 10_000;
const BEATS_PER_STALE = 4;
const POLL_MS = 100;

/**
 * Does the work while no other process does any to the same folder. Where no lock can be written, the
 * work is done without one: it will not be able to write either.
 * @throws AppError `model.busy` when told to refuse, `request.cancelled` while waiting; what the work
 * throws.
 */
export async function withModelLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  const lock = await acquire(options);
  const beat = setInterval(
    () => {
      void lock?.refresh();
    },
    (options.staleMs ?? DEFAULT_STALE_MS) / BEATS_PER_STALE,
  );
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await lock?.release();
  }
}

/**
 * For work on the whole store: takes no lock.
 * @throws AppError `model.busy` while any process holds one.
 */
export async function expectNoLocks(
  store: ModelStore,
  staleMs: number = DEFAULT_STALE_MS,
): Promise<void> {
  for (const name of await readdir(store.locksDir).catch(() => [])) {
    if (!name.endsWith(".lock")) continue;
    if (!(await new ModelLock(path.join(store.locksDir, name)).isHeld(staleMs))) continue;
    throw new AppError(
      "model.busy",
      `Another window or program is writing to ${store.root} (${name}). Wait until it is done and try again.`,
      { detail: { file: store.root } },
    );
  }
}

async function acquire(options: LockOptions): Promise<ModelLock | undefined> {
  const { store, folder, signal, staleMs = DEFAULT_STALE_MS } = options;
  const lock = new ModelLock(lockFile(store, folder));
  for (;;) {
    throwIfAborted(signal);
    const outcome = await lock.tryCreate(staleMs);
    if (outcome === "created") return lock;
    if (outcome === "impossible") return undefined;
    // Its owner is gone, and so is the lock by now.
    if (outcome === "cleared") continue;
    if (options.ifBusy === "refuse") {
      throw new AppError(
        "model.busy",
        `Another window or program is writing to ${folder}. Wait until it is done and try again.`,
        { detail: { file: folder } },
      );
    }
    // An abort ends the pause, and is looked at above.
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** The same for every spelling of the path; the readable part is for people who find the file. */
function lockFile(store: ModelStore, folder: string): string {
  const target = path.resolve(folder);
  const digest = createHash("sha256").update(target).digest("hex").slice(0, 16);
  return path.join(store.locksDir, `${path.basename(target).slice(0, 80)}-${digest}.lock`);
}

class ModelLock {
  readonly #file: string;
  readonly #token = `${process.pid} ${hostname()} ${randomUUID()}`;

  constructor(file: string) {
    this.#file = file;
  }

  async tryCreate(staleMs: number): Promise<"created" | "taken" | "cleared" | "impossible"> {
    try {
      await mkdir(path.dirname(this.#file), { recursive: true });
    } catch {
      return "impossible";
    }
    try {
      const handle = await open(this.#file, "wx");
      try {
        await handle.writeFile(this.#token);
      } finally {
        await handle.close();
      }
      return "created";
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") return "impossible";
    }
    if (!(await this.#isDead(staleMs))) return "taken";
    return (await this.#remove()) ? "cleared" : "impossible";
  }

  async isHeld(staleMs: number): Promise<boolean> {
    return !(await this.#isDead(staleMs));
  }

  async #isDead(staleMs: number): Promise<boolean> {
    const present = await stat(this.#file).catch(() => undefined);
    // Gone already when its owner is just done.
    if (present === undefined) return false;
    // A lock from the future was written before the clock was set back.
    if (Math.abs(Date.now() - present.mtimeMs) > staleMs) return true;
    const text = await readFile(this.#file, "utf8").catch(() => "");
    const [pid = "", host] = text.split(" ");
    // Ids of another machine or container say nothing here; an empty file is still being written.
    return host === hostname() && /^\d+$/.test(pid) && !isRunning(Number(pid));
  }

  /** Tells the other processes that this one is alive. */
  async refresh(): Promise<void> {
    const now = new Date();
    await utimes(this.#file, now, now).catch(() => undefined);
  }

  /** Leaves the lock alone that another process made after it had taken this one for dead. */
  async release(): Promise<void> {
    const token = await readFile(this.#file, "utf8").catch(() => undefined);
    if (token === this.#token) await this.#remove();
  }

  async #remove(): Promise<boolean> {
    return await rm(this.#file, { force: true }).then(
      () => true,
      () => false,
    );
  }
}
