/** Has a thread find the pictures of long documents. It starts with the first and ends when nobody asks. */

import path from "node:path";
import { Worker } from "node:worker_threads";
import * as vscode from "vscode";
import type { ImageReference } from "../../alt/imageReference";
import type { AltLanguage } from "../../alt/languages";
import type { PicturedDocument } from "../../audit/documentPictures";
import type { FindReply, FindRequest } from "../../audit/findThread";
import { AppError } from "../../base/errors";
import { type LongFinder, readLongIn } from "../documents/altDocument";
import type { Services } from "../shell/services";

/** The thread holds the parsers, some 30 MB. */
const IDLE_MS = 60_000;

interface Waiting {
  readonly resolve: (references: readonly ImageReference[]) => void;
  readonly reject: (error: AppError) => void;
}

export class FinderThread implements LongFinder {
  readonly #programFile: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #nAsked = 0;

  /** @param programFile the bundle of `findThread.ts`. */
  constructor(programFile: string) {
    this.#programFile = programFile;
  }

  /** @throws AppError as `findImages`, `internal` when the thread ends before it has answered. */
  find(document: PicturedDocument, siteLanguage: AltLanguage): Promise<readonly ImageReference[]> {
    const worker = (this.#worker ??= this.#start());
    clearTimeout(this.#idle);
    const id = this.#nAsked++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, document, siteLanguage } satisfies FindRequest);
    });
  }

  dispose(): void {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#programFile);
    // Whoever ends the program does not wait for it.
    worker.unref();
    worker.on("message", (reply: FindReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ("error" in reply) waiting?.reject(AppError.fromWire(reply.error));
      else waiting?.resolve(reply.references);
      if (this.#waiting.size > 0) return;
      this.#idle = setTimeout(() => {
        this.dispose();
      }, IDLE_MS).unref();
    });
    worker.on("error", (cause) => {
      this.#giveUp(worker, cause);
    });
    worker.on("exit", () => {
      this.#giveUp(worker, undefined);
    });
    return worker;
  }

  /** The next document gets a new thread. */
  #giveUp(worker: Worker, cause: unknown): void {
    if (this.#worker === worker) this.#worker = undefined;
    else if (this.#worker !== undefined) return;
    const error = new AppError("internal", "The thread that finds pictures ended.", { cause });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Long documents are read by a thread until this is disposed. */
export function readLongDocuments({ context }: Pick<Services, "context">): vscode.Disposable {
  const thread = new FinderThread(path.join(context.extensionPath, "dist", "extension", "find.js"));
  readLongIn(thread);
  return new vscode.Disposable(() => {
    readLongIn(undefined);
    thread.dispose();
  });
}
