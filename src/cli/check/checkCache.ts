/**
 * What was found in documents before, so that a repository of which little changed is checked in a moment. What is
 * kept of a document counts as long as its text and name, what its project wants, and the program are the same, and
 * each of its pictures still is the file that it was: addresses are looked up anew each time, because files come and
 * go. One file for each folder of documents, so that memory does not grow with the repository. All of it can be lost
 * at the price of reading the documents again.
 */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { ImageTarget } from "../../alt/imageReference";
import type { ReportedFinding } from "../../audit/reportedFinding";
import { writeWholeFile } from "../../disk/wholeFile";
import { CHECKS_FOLDER } from "../../library/store/storeRoot";
import type { CheckContext } from "./checkContext";
import type { CheckFlags } from "./checkFlags";

/** Of what is written here; another one is not read. */
const FORMAT = 2;
const DAY_MS = 86_400_000;
/** What nobody asked for that long is dropped. */
const MAX_DAYS = 30;

/** What is said of a document. */
export interface FoundInDocument {
  readonly nPictures: number;
  readonly findings: readonly ReportedFinding[];
  /** Lines, from one, of comments that take nothing back. */
  readonly unusedLines: readonly number[];
}

/** An address in a document, and in one text which file or other thing it was. */
export type KnownAddress = readonly [target: ImageTarget, answer: string];

export interface KeptCheck {
  /** A hash of everything that decides what is found, but for where addresses lead. */
  readonly key: string;
  readonly addresses: readonly KnownAddress[];
  readonly found: FoundInDocument;
}

interface Entry extends KeptCheck {
  readonly name: string;
  /** When it was used last, in days since 1970. */
  readonly day: number;
}

/** The file of a folder that documents are just checked in. */
interface OpenFolder {
  readonly folder: string;
  readonly entries: Map<string, Entry>;
  isChanged: boolean;
}

/** @returns undefined where nothing is to be kept, or there is no place for it. */
export async function checkCacheOf(
  { cachePlace, version }: CheckContext,
  { cache = true, stdin = false }: CheckFlags,
): Promise<CheckCache | undefined> {
  if (cachePlace === undefined || !cache || stdin) return undefined;
  try {
    const program = sha256(await readFile(cachePlace.programFile));
    const parts = [FORMAT, version, program, process.version, process.cwd()];
    const all = path.join(cachePlace.root(), CHECKS_FOLDER);
    return new CheckCache(all, sha256(parts.join("\n")));
  } catch {
    return undefined;
  }
}

export class CheckCache {
  readonly #all: string;
  readonly #key: string;
  readonly #today = Math.floor(Date.now() / DAY_MS);
  #open: OpenFolder | undefined;

  /** @param all the folder of all programs' findings. @param key of this program in this folder. */
  constructor(all: string, key: string) {
    this.#all = all;
    this.#key = key;
  }

  /** Never throws: what cannot be read, is damaged or belongs to something else is not known. */
  async get(file: string, key: string): Promise<KeptCheck | undefined> {
    const open = await this.#enter(path.dirname(path.resolve(file)));
    const name = path.basename(file);
    const entry = open.entries.get(name);
    if (entry?.key !== key) return undefined;
    if (entry.day !== this.#today) {
      open.entries.set(name, { ...entry, day: this.#today });
      open.isChanged = true;
    }
    return entry;
  }

  async put(file: string, kept: KeptCheck): Promise<void> {
    const open = await this.#enter(path.dirname(path.resolve(file)));
    const name = path.basename(file);
    open.entries.set(name, { ...kept, name, day: this.#today });
    open.isChanged = true;
  }

  /** Never throws: a full disk only means that documents are read again. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open?.isChanged === true) await this.#save(open).catch(() => undefined);
  }

  /** Documents come folder by folder. */
  async #enter(folder: string): Promise<OpenFolder> {
    if (this.#open?.folder === folder) return this.#open;
    await this.close();
    const entries = new Map((await this.#read(folder)).map((entry) => [entry.name, entry]));
    this.#open = { folder, entries, isChanged: false };
    return this.#open;
  }

  async #read(folder: string): Promise<readonly Entry[]> {
    const text = await readFile(this.#fileOf(folder), "utf8").catch(() => "");
    const end = text.indexOf("\n");
    const body = text.slice(end + 1);
    if (text.slice(0, end) !== this.#sealOf(folder, body)) return [];
    return JSON.parse(body) as readonly Entry[];
  }

  async #save({ folder, entries }: OpenFolder): Promise<void> {
    const place = path.join(this.#all, this.#key);
    const isNew = (await mkdir(place, { recursive: true, mode: 0o700 })) !== undefined;
    const kept = [...entries.values()].filter(({ day }) => this.#today - day < MAX_DAYS);
    const body = JSON.stringify(kept);
    await writeWholeFile(this.#fileOf(folder), `${this.#sealOf(folder, body)}\n${body}`);
    if (isNew) await this.#prune();
  }

  /** What other versions kept, and other folders that nobody checks any more. */
  async #prune(): Promise<void> {
    const oldest = Date.now() - MAX_DAYS * DAY_MS;
    for (const name of await readdir(this.#all)) {
      const place = path.join(this.#all, name);
      const found = await stat(place).catch(() => undefined);
      const isOld = found !== undefined && found.mtimeMs < oldest;
      if (isOld && CHECKS_NAME.test(name)) await rm(place, { recursive: true, force: true });
    }
  }

  #fileOf(folder: string): string {
    return path.join(this.#all, this.#key, `${sha256(folder).slice(0, 32)}.json`);
  }

  /** Of whose file it is and of every byte in it. */
  #sealOf(folder: string, body: string): string {
    return sha256(`${this.#key}\n${folder}\n${body}`);
  }
}

/** What this program calls the folders. */
const CHECKS_NAME = /^[0-9a-f]{64}$/;

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
