/**
 * What the vision side computed for a picture, kept so that a second question does not pay for it
 * again: the most recent ones in memory, more of them on disk. A damaged or missing file only means
 * that the work is done again; a full disk only means that nothing is kept.
 */

import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { JsonObject } from "../../base/json";
import type { PictureFacts } from "../../model/ask/request";
import { cpuTensor, floats, type Tensor } from "../session/session";

/** Named float tensors of one picture. */
export type Features = ReadonlyMap<string, Tensor>;

/** What is kept of a picture. */
export interface SeenPicture {
  readonly features: Features;
  readonly facts: PictureFacts;
}

export interface FeatureCacheOptions {
  /** Folder on disk; none keeps features in memory only. */
  readonly folder?: string;
  /** @default 64 MB */
  readonly maxMemoryBytes?: number;
  /** @default 512 MB */
  readonly maxDiskBytes?: number;
}

export interface FoundFeatures extends SeenPicture {
  readonly from: "memory" | "disk";
}

const DEFAULT_MEMORY_BYTES = 64 << 20;
const DEFAULT_DISK_BYTES = 512 << 20;
const SUFFIX = ".features";
const PARTIAL_SUFFIX = ".partial";
const HASH_BYTES = 32;
const PIXELS = { min: 1, max: Number.MAX_SAFE_INTEGER };
/** A header lists a few tensors, or two for each layer. */
const MAX_HEADER_BYTES = 1 << 14;

/** The folder of one model's features below that of all models. @param identity `ModelFolder.identity`. */
export function featureFolder(featuresDir: string, identity: string): string {
  const key = createHash("sha256").update(identity).digest("hex").slice(0, 16);
  return path.join(featuresDir, key);
}

export class FeatureCache {
  readonly #folder: string | undefined;
  readonly #maxMemoryBytes: number;
  readonly #maxDiskBytes: number;
  /** Most recent last. */
  readonly #memory = new Map<string, SeenPicture>();
  #memoryBytes = 0;

  constructor(options: FeatureCacheOptions = {}) {
    this.#folder = options.folder;
    this.#maxMemoryBytes = options.maxMemoryBytes ?? DEFAULT_MEMORY_BYTES;
    this.#maxDiskBytes = options.maxDiskBytes ?? DEFAULT_DISK_BYTES;
  }

  /** @param key hexadecimal; picture, model and settings together. */
  async find(key: string): Promise<FoundFeatures | undefined> {
    const inMemory = this.#memory.get(key);
    if (inMemory !== undefined) {
      this.#memory.delete(key);
      this.#memory.set(key, inMemory);
      return { ...inMemory, from: "memory" };
    }
    const onDisk = await this.#read(key);
    if (onDisk === undefined) return undefined;
    this.#remember(key, onDisk);
    return { ...onDisk, from: "disk" };
  }

  /** Never throws: what cannot be kept is computed again. */
  async store(key: string, seen: SeenPicture): Promise<void> {
    this.#remember(key, seen);
    if (this.#folder === undefined) return;
    const partial = path.join(this.#folder, `${randomUUID()}${PARTIAL_SUFFIX}`);
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(partial, encode(seen, key));
      await rename(partial, this.#fileOf(this.#folder, key));
      await this.#evict(this.#folder);
    } catch {
      await rm(partial, { force: true }).catch(() => undefined);
    }
  }

  #fileOf(folder: string, key: string): string {
    return path.join(folder, `${key}${SUFFIX}`);
  }

  #remember(key: string, seen: SeenPicture): void {
    const replaced = this.#memory.get(key);
    if (replaced !== undefined) this.#memoryBytes -= bytesOf(replaced);
    this.#memory.delete(key);
    this.#memory.set(key, seen);
    this.#memoryBytes += bytesOf(seen);
    for (const [oldKey, old] of this.#memory) {
      if (this.#memoryBytes <= this.#maxMemoryBytes || oldKey === key) break;
      this.#memory.delete(oldKey);
      this.#memoryBytes -= bytesOf(old);
    }
  }

  async #read(key: string): Promise<SeenPicture | undefined> {
    if (this.#folder === undefined) return undefined;
    const file = this.#fileOf(this.#folder, key);
    try {
      const seen = decode(await readFile(file), key);
      // The time of use decides what is evicted.
      await utimes(file, new Date(), new Date()).catch(() => undefined);
      return seen;
    } catch {
      await rm(file, { force: true }).catch(() => undefined);
      return undefined;
    }
  }

  async #evict(folder: string): Promise<void> {
    // A process that was killed while it wrote leaves a partial file.
    const names = (await readdir(folder)).filter(
      (name) => name.endsWith(SUFFIX) || name.endsWith(PARTIAL_SUFFIX),
    );
    const files = await Promise.all(
      names.map(async (name) => {
        const file = path.join(folder, name);
        const { size, mtimeMs } = await stat(file);
        return { file, size, mtimeMs };
      }),
    );
    let total = files.reduce((sum, { size }) => sum + size, 0);
    for (const { file, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (total <= this.#maxDiskBytes) break;
      await rm(file, { force: true });
      total -= size;
    }
  }
}

function bytesOf({ features }: SeenPicture): number {
  return [...features.values()].reduce((sum, tensor) => sum + floats(tensor).byteLength, 0);
}

/**
 * SHA-256 of the key and all that follows, uint32 header length, JSON header {facts, tensors: {name:
 * dims}}, then the float32 values in the order of the header. A changed value would change answers, so the hash covers
 * them too.
 */
function encode({ features, facts }: SeenPicture, key: string): Uint8Array {
  const entries = [...features].map(([name, { dims }]) => [name, dims] as const);
  const header = Buffer.from(JSON.stringify({ facts, tensors: Object.fromEntries(entries) }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const values = [...features.values()].map((tensor) => {
    const data = floats(tensor);
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  });
  const body = Buffer.concat([length, header, ...values]);
  return Buffer.concat([hashOf(key, body), body]);
}

function hashOf(key: string, body: Uint8Array): Buffer {
  return createHash("sha256").update(`${key} `).update(body).digest();
}

/** @throws Error when the file is not what `encode` writes; the caller forgets the file. */
function decode(file: Buffer, key: string): SeenPicture {
  const bytes = file.subarray(HASH_BYTES);
  if (!hashOf(key, bytes).equals(file.subarray(0, HASH_BYTES))) throw new RangeError("damaged");
  const headerBytes = bytes.readUInt32LE(0);
  if (headerBytes > MAX_HEADER_BYTES) throw new RangeError("no header");
  const text = bytes.toString("utf8", 4, 4 + headerBytes);
  const header = JsonObject.parse(text, { file: key, code: "internal" });
  const features = new Map<string, Tensor>();
  let at = 4 + headerBytes;
  const tensors = header.object("tensors");
  for (const name of tensors.keys()) {
    const dims = tensors.array(name).map(Number);
    const size = 4 * dims.reduce((product, dim) => product * dim, 1);
    if (!Number.isSafeInteger(size) || size < 0 || at + size > bytes.length) {
      throw new RangeError("truncated");
    }
    const copy = new Uint8Array(bytes.subarray(at, at + size));
    features.set(name, cpuTensor(new Float32Array(copy.buffer), dims));
    at += size;
  }
  if (at !== bytes.length) throw new RangeError("trailing bytes");
  const facts = header.object("facts");
  return {
    features,
    facts: {
      width: facts.integer("width", PIXELS),
      height: facts.integer("height", PIXELS),
      look: facts.string("look"),
      isOneColor: facts.boolean("isOneColor"),
      isOutsideWorld: facts.boolean("isOutsideWorld"),
    },
  };
}
