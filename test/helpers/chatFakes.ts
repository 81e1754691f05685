/** What the chat's session stands on, in memory: an engine that does as it is told, files, a memento. */

import { AppError, type ErrorCode } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import { ChatSession, type ChatTexts } from "../../src/host/chat/chatSession";
import type { Memento } from "../../src/host/chat/conversationStore";
import type { AskOptions, EngineApi, EngineStatus } from "../../src/host/service/engine";
import type { PictureFolder } from "../../src/host/chat/pastedPictures";
import type { Picture } from "../../src/host/pictures/picture";
import type {
  Doubt,
  GenerateRequest,
  GenerateResult,
  PictureRequest,
} from "../../src/model/ask/request";
import type { Params, Result } from "../../src/protocol/methods";
import type { CallOptions } from "../../src/protocol/rpcClient";
import type { ToChat, TurnView } from "../../src/protocol/views/chatMessages";
import { callsOf } from "./engineCalls";
import { FakeClock } from "./fakeClock";

export const TEXTS: ChatTexts = {
  describe: "Describe it",
  describeInDetail: "Describe it in detail",
  noPicture: "No picture.",
  pastedGone: "It is gone.",
  pictureGone: "It was taken out.",
  tooManyPictures: "Too many.",
  noAnswer: "No answer.",
};

/** What an engine does with one request. */
export type Behaviour = (options: AskOptions, params: GenerateRequest) => Promise<string>;

/** Emits the pieces and answers with all of them. */
export function says(...pieces: readonly string[]): Behaviour {
  return (options) => {
    for (const piece of pieces) options.onText?.(piece);
    return Promise.resolve(pieces.join(""));
  };
}

/** Emits the pieces and then nothing until it is cancelled. */
export function hangs(...pieces: readonly string[]): Behaviour {
  return (options) => {
    for (const piece of pieces) options.onText?.(piece);
    return new Promise((_, reject) => {
      options.signal?.addEventListener("abort", () => {
        // Text that was on its way when the cancel was sent.
        options.onText?.(" late");
        reject(new AppError("request.cancelled", "Cancelled."));
      });
    });
  };
}

/** Emits the pieces and fails. */
export function fails(code: ErrorCode, ...pieces: readonly string[]): Behaviour {
  return (options) => {
    for (const piece of pieces) options.onText?.(piece);
    return Promise.reject(new AppError(code, `It was ${code}.`));
  };
}

export class ScriptedEngine implements Pick<EngineApi, "generate" | "prepare" | "call" | "status"> {
  readonly requests: GenerateRequest[] = [];
  readonly thumbnails: Params<"thumbnail">[] = [];
  /** Names of pictures that were looked at ahead. */
  readonly prepared: string[] = [];
  prepareOne: EngineApi["prepare"] = () => Promise.resolve();
  status: EngineStatus = { kind: "off", model: "big" };
  /** What is known against an answer about a picture, by its name. */
  readonly doubts = new Map<string, readonly Doubt[]>();
  /** Behaviours of the next requests; then the engine says "yes". */
  script: Behaviour[] = [];
  makeThumbnail: (params: Params<"thumbnail">) => Promise<Result<"thumbnail">> = ({ image }) =>
    Promise.resolve({ image: image.slice(0, 1), width: image.length, height: 1 });

  async generate(params: GenerateRequest, options: AskOptions = {}): Promise<GenerateResult> {
    this.requests.push(params);
    const behaviour = this.script.shift() ?? says("yes");
    const text = await behaviour(options, params);
    const timings = { preprocess: 0, vision: 0, qformer: 0, prefill: 0, decode: 0, total: 0 };
    return {
      sequences: [{ text, tokenIds: [1, 2], finishReason: "eos" }],
      tokens: 2,
      timings,
      cached: { imageFeatures: "computed", prefixTokens: 0 },
      droppedTurns: 0,
      ...this.#doubtsOf(params),
    };
  }

  #doubtsOf({ imageName = "" }: GenerateRequest): Pick<GenerateResult, "doubts"> {
    const doubts = this.doubts.get(imageName);
    return doubts === undefined ? {} : { doubts };
  }

  async prepare(params: PictureRequest, options: CallOptions = {}): Promise<void> {
    this.prepared.push(params.imageName ?? "");
    await this.prepareOne(params, options);
  }

  call = callsOf({
    thumbnail: (params) => {
      this.thumbnails.push(params);
      return this.makeThumbnail(params);
    },
  });
}

/** Keeps copies, as the editor does. */
export class FakeMemento implements Memento {
  readonly #values = new Map<string, string>();
  nUpdates = 0;
  failure: Error | undefined;

  get(key: string): unknown {
    const json = this.#values.get(key);
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  }

  keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  update(key: string, value: unknown): Promise<void> {
    this.nUpdates++;
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.#values.set(key, JSON.stringify(value));
    return Promise.resolve();
  }
}

export class MemoryFolder implements PictureFolder {
  readonly files = new Map<string, Uint8Array>();
  failure: Error | undefined;

  write(file: string, bytes: Uint8Array): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.files.set(file, bytes);
    return Promise.resolve();
  }

  read(file: string): Promise<Uint8Array> {
    const bytes = this.files.get(file);
    return bytes === undefined ? Promise.reject(new Error("ENOENT")) : Promise.resolve(bytes);
  }

  delete(file: string): Promise<void> {
    return this.files.delete(file) ? Promise.resolve() : Promise.reject(new Error("ENOENT"));
  }
}

/** A window with a chat; another one on the same workspace is made with `reopened`. */
export class ChatBench {
  readonly engine = new ScriptedEngine();
  readonly clock = new FakeClock();
  readonly memento: FakeMemento;
  readonly folder: MemoryFolder;
  /** Files of the workspace by URI. */
  readonly workspace: Map<string, Uint8Array>;
  readonly messages: ToChat[] = [];
  readonly session: ChatSession;
  wallMs: number;
  isPreparingAhead = false;

  constructor(before?: ChatBench) {
    this.memento = before?.memento ?? new FakeMemento();
    this.folder = before?.folder ?? new MemoryFolder();
    this.workspace = before?.workspace ?? new Map<string, Uint8Array>();
    this.wallMs = before?.wallMs ?? 1000;
    this.session = this.#newSession(before === undefined ? "a" : "b");
    this.session.onMessage((message) => this.messages.push(message));
  }

  /** A window whose chat has one picture. */
  static withPicture(name = "cat.png"): ChatBench {
    const bench = new ChatBench();
    bench.session.addPictures([bench.file(name)]);
    return bench;
  }

  get turns(): readonly TurnView[] {
    return this.session.view().turns;
  }

  get states(): string[] {
    return this.turns.map(({ state }) => state);
  }

  get questions(): string[] {
    return this.turns.map(({ question }) => question);
  }

  /** Names of the selected pictures. */
  get selected(): string[] {
    const { pictures } = this.session.view();
    return pictures.filter(({ isSelected }) => isSelected).map(({ name }) => name);
  }

  /** The next window, after this one was closed. */
  reopened(): ChatBench {
    this.session.dispose();
    return new ChatBench(this);
  }

  /** A picture of the workspace. */
  file(name: string, content = name): Picture {
    const uri = `file:///w/${name}`;
    const bytes = new TextEncoder().encode(content);
    this.workspace.set(uri, bytes);
    return { name, bytes, uri };
  }

  /** Messages of a type since the last call. */
  take<T extends ToChat["type"]>(type: T): Extract<ToChat, { type: T }>[] {
    const taken = this.messages.filter((message) => message.type === type);
    this.messages.length = 0;
    return taken as Extract<ToChat, { type: T }>[];
  }

  #newSession(prefix: string): ChatSession {
    let nIds = 0;
    return new ChatSession({
      engine: this.engine,
      isPreparingAhead: () => this.isPreparingAhead,
      source: { read: (uri) => this.#read(uri) },
      memento: this.memento,
      pictureFolder: this.folder,
      clock: this.clock,
      wallTime: () => this.wallMs++,
      newId: () => `${prefix}${nIds++}`,
      noticeOf: ({ code, message }) => ({ text: message, actions: [{ id: code, label: "Help" }] }),
      engineView: () => ({ kind: "ready", label: "big · CPU" }),
      texts: TEXTS,
      log: silentLogger,
    });
  }

  #read(uri: string): Promise<Picture> {
    const bytes = this.workspace.get(uri);
    if (bytes === undefined) {
      return Promise.reject(new AppError("image.missing", `There is no ${uri}.`));
    }
    return Promise.resolve({ name: uri.slice(uri.lastIndexOf("/") + 1), bytes, uri });
  }
}

/** A picture that has no file. */
export function pasted(content: string, name = "image.png"): Picture {
  return { name, bytes: new TextEncoder().encode(content) };
}

/** Resolves when everything that waits for nothing real is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
