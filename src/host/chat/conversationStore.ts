/** All conversations of a workspace: kept beyond the window, newest first, and no more than fifty. */

import { AppError } from "../../base/errors";
import type { Logger } from "../../base/logger";
import type { ConversationView } from "../../protocol/views/chatMessages";
import type { Clock } from "../../base/clock";
import { type Conversation, conversationView } from "./conversation";
import type { PastedPictures } from "./pastedPictures";
import { fromStored, toStored } from "./storedConversation";

/** What keeps values for a workspace; the editor's `Memento` is one. */
export interface Memento {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

export interface ConversationStoreOptions {
  readonly memento: Memento;
  readonly pasted: PastedPictures;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
  readonly log: Logger;
}

export const MAX_CONVERSATIONS = 50;

const KEY = "sightline.conversations";
/** Streamed words come many times a second. */
const WRITE_DELAY_MS = 1000;

export class ConversationStore {
  readonly #options: ConversationStoreOptions;
  readonly #conversations = new Map<string, Conversation>();
  #openId: string | undefined;
  /** Calls off the write that is to come. */
  #cancelWrite: (() => void) | undefined;

  /** Reads what was kept; damaged parts are left out. */
  constructor(options: ConversationStoreOptions) {
    this.#options = options;
    const { openId, conversations } = fromStored(options.memento.get(KEY));
    for (const conversation of conversations) {
      this.#conversations.set(conversation.id, conversation);
    }
    this.#openId = openId;
    this.#prune();
  }

  /** The conversation that was open last. */
  get open(): Conversation | undefined {
    return this.#openId === undefined ? undefined : this.get(this.#openId);
  }

  get(id: string): Conversation | undefined {
    return this.#conversations.get(id);
  }

  /** Those with a turn, newest first. */
  history(): readonly ConversationView[] {
    return [...this.#conversations.values()]
      .filter((conversation) => conversation.turns.length > 0)
      .sort((a, b) => b.updatedAt - a.updatedAt)
      .map((conversation) => conversationView(conversation, this.#openId));
  }

  /** Makes it the open one, which is never pruned. One without turns is forgotten when another opens. */
  setOpen(conversation: Conversation): void {
    const before = this.open;
    this.#conversations.set(conversation.id, conversation);
    this.#openId = conversation.id;
    if (before !== undefined && before.id !== conversation.id && before.turns.length === 0) {
      this.#forget(before);
    }
    this.#schedule();
  }

  /** Notes that something of it changed; written a moment later. */
  changed(conversation: Conversation): void {
    conversation.updatedAt = this.#options.wallTime();
    this.#conversations.set(conversation.id, conversation);
    this.#prune();
    this.#schedule();
  }

  /** Notes that something of it changed, and writes. */
  finished(conversation: Conversation): void {
    this.changed(conversation);
    this.flush();
  }

  /** Deletes it together with pasted pictures that no other one needs. */
  delete(id: string): void {
    const conversation = this.get(id);
    if (conversation === undefined) return;
    if (this.#openId === id) this.#openId = undefined;
    this.#forget(conversation);
    this.#schedule();
    this.flush();
  }

  /** Deletes files of pictures that were taken out, unless a conversation still needs them. */
  release(files: readonly string[]): void {
    const needed = new Set([...this.#conversations.values()].flatMap(filesOf));
    this.#options.pasted.delete(files.filter((file) => !needed.has(file)));
  }

  /** Writes what waits to be written. */
  flush(): void {
    if (this.#cancelWrite === undefined) return;
    this.#cancelWrite();
    this.#cancelWrite = undefined;
    const stored = toStored({
      openId: this.#openId,
      conversations: [...this.#conversations.values()],
    });
    this.#options.memento.update(KEY, stored).then(undefined, (thrown: unknown) => {
      const { message } = AppError.from(thrown);
      this.#options.log.warn(`The conversations were not kept: ${message}`);
    });
  }

  #schedule(): void {
    this.#cancelWrite ??= this.#options.clock.after(WRITE_DELAY_MS, () => {
      this.flush();
    });
  }

  #prune(): void {
    const old = [...this.#conversations.values()]
      .filter((conversation) => conversation.id !== this.#openId)
      .sort((a, b) => b.updatedAt - a.updatedAt)
      .slice(MAX_CONVERSATIONS - (this.open === undefined ? 0 : 1));
    for (const conversation of old) this.#forget(conversation);
  }

  #forget(conversation: Conversation): void {
    this.#conversations.delete(conversation.id);
    this.release(filesOf(conversation));
  }
}

function filesOf(conversation: Conversation): string[] {
  return conversation.pictures.flatMap(({ location }) =>
    location.kind === "pasted" ? location.file : [],
  );
}
