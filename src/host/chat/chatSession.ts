/**
 * The chat of one window: the open conversation, the questions that wait for an answer, and the list of
 * earlier conversations. It holds the truth; whoever shows it is told each change and can be replaced.
 */

import { requestedDescription } from "../../alt/wording/describingRequest";
import type { AppError } from "../../base/errors";
import type { Logger } from "../../base/logger";
import { worldOf } from "../../model/folder/world";
import { Answerer, type AnswerTexts } from "./answerer";
import type { Clock } from "../../base/clock";
import {
  type ChatTurn,
  type Conversation,
  isOpenTurn,
  titleOf,
  turnView,
  type TurnTask,
} from "./conversation";
import { ConversationStore, type Memento } from "./conversationStore";
import type { DescriptionLength } from "../../alt/write/describer";
import type { EngineApi } from "../service/engine";
import { PastedPictures, type PictureFolder } from "./pastedPictures";
import type { Picture } from "../pictures/picture";
import { PicturePrefetch } from "./picturePrefetch";
import { type PictureSource, PictureTray } from "./pictureTray";
import { StepTimes } from "../service/stepTimes";
import { suggestQuestions } from "./suggestions";
import type {
  ChatState,
  EngineView,
  NoticeView,
  ToChat,
  TurnView,
} from "../../protocol/views/chatMessages";

/** Words of the session itself, in the user's language. */
export interface ChatTexts extends AnswerTexts {
  /** Asks for a short description, as a question in the chat. */
  readonly describe: string;
  readonly describeInDetail: string;
  /** There is no picture to ask about. */
  readonly noPicture: string;
  /** A pasted picture that was kept is no longer there. */
  readonly pastedGone: string;
  /** A picture that was asked about was taken out of the chat. */
  readonly pictureGone: string;
  /** Not all of the pictures have room in the tray. */
  readonly tooManyPictures: string;
}

export interface ChatSessionOptions {
  readonly engine: Pick<EngineApi, "generate" | "prepare" | "call" | "status">;
  /** Whether pictures are looked at before they are asked about. */
  readonly isPreparingAhead: () => boolean;
  readonly source: PictureSource;
  readonly memento: Memento;
  readonly pictureFolder: PictureFolder;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
  /** Never twice the same. */
  readonly newId: () => string;
  readonly noticeOf: (error: AppError) => NoticeView;
  readonly engineView: () => EngineView;
  readonly texts: ChatTexts;
  readonly log: Logger;
}

export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #pasted: PastedPictures;
  readonly #store: ConversationStore;
  readonly #listeners = new Set<(message: ToChat) => void>();
  #conversation: Conversation;
  #tray: PictureTray;
  #ahead: PicturePrefetch;
  #answerer: Answerer;
  readonly #times = new StepTimes(() => {
    const { member, model } = this.#options.engine.status;
    return member ?? model;
  });
  /** What the listeners know. */
  #toldSuggestions: readonly string[] = [];

  /** Goes on with the conversation that was open last. */
  constructor(options: ChatSessionOptions) {
    this.#options = options;
    const { memento, clock, wallTime, log } = options;
    this.#pasted = new PastedPictures({
      folder: options.pictureFolder,
      goneText: options.texts.pastedGone,
      log,
    });
    this.#store = new ConversationStore({ memento, pasted: this.#pasted, clock, wallTime, log });
    this.#conversation = this.#store.open ?? this.#newConversation();
    this.#tray = this.#trayOf(this.#conversation);
    this.#ahead = this.#aheadOf(this.#conversation, this.#tray);
    this.#answerer = this.#answererOf(this.#conversation, this.#tray);
    this.#toldSuggestions = this.#suggestions();
  }

  /** Calls back with each change. Returns the function that ends this. */
  onMessage(listener: (message: ToChat) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** True while a question waits for an answer or is being answered. */
  get isAnswering(): boolean {
    return this.#conversation.turns.some(isOpenTurn);
  }

  /** URIs of the pictures that were used last, the latest first. */
  recentUris(): readonly string[] {
    return this.#tray.shown
      .flatMap(({ location }) => (location.kind === "uri" ? location.uri : []))
      .reverse();
  }

  /** Everything that is to be shown. */
  view(): ChatState {
    this.#toldSuggestions = this.#suggestions();
    return {
      conversationId: this.#conversation.id,
      pictures: this.#tray.views(),
      turns: this.turns(),
      suggestions: this.#toldSuggestions,
      history: this.#store.history(),
      engine: this.#options.engineView(),
    };
  }

  /** Makes what only a viewer needs; to be called when there is one. */
  viewed(): void {
    this.#tray.makeThumbnails();
  }

  /** Every turn of the open conversation, the oldest first. */
  turns(): readonly TurnView[] {
    return this.#conversation.turns.map((turn) => this.#turnView(turn));
  }

  /** A turn of the open conversation. */
  turn(id: string): TurnView | undefined {
    const turn = this.#turn(id);
    return turn === undefined ? undefined : this.#turnView(turn);
  }

  /** Adds pictures and selects them and no others. */
  addPictures(pictures: readonly Picture[]): void {
    const nRefused = this.#tray.add(pictures);
    this.#ahead.selectionChanged();
    if (nRefused > 0) this.notify({ text: this.#options.texts.tooManyPictures, actions: [] });
  }

  selectPicture(id: string, selection: { readonly isSelected: boolean }): void {
    this.#tray.select(id, selection);
    this.#ahead.selectionChanged();
  }

  /** Takes a picture out of the tray; what was said about it stays. */
  removePicture(id: string): void {
    this.#tray.remove(id);
    this.#ahead.selectionChanged();
  }

  /** Asks about every selected picture, one after the other. Settles when all are answered. */
  async ask(question: string): Promise<void> {
    const words = question.trim();
    if (words === "") return;
    const { texts } = this.#options;
    const length =
      words === texts.describe
        ? "short"
        : words === texts.describeInDetail
          ? "long"
          : requestedDescription(words);
    await this.#add(
      length === undefined ? { kind: "question" } : { kind: "description", length },
      words,
    );
  }

  /** Describes every selected picture. Settles when all are described. */
  async describe(length: DescriptionLength): Promise<void> {
    const { describe, describeInDetail } = this.#options.texts;
    await this.#add(
      { kind: "description", length },
      length === "long" ? describeInDetail : describe,
    );
  }

  /** Asks a turn's question again, in its place. Settles when it is answered. */
  async retry(turnId: string): Promise<void> {
    const turn = this.#turn(turnId);
    if (turn === undefined || isOpenTurn(turn)) return;
    await this.#answerer.answer([turn]);
  }

  /** Ends the turn that is being answered and those that wait; what was said so far stays. */
  stop(): void {
    this.#answerer.stop();
  }

  newConversation(): void {
    const { turns, pictures } = this.#conversation;
    if (turns.length === 0 && pictures.length === 0) this.#emitAll();
    else this.#open(this.#newConversation());
  }

  openConversation(id: string): void {
    const conversation = this.#store.get(id);
    if (conversation !== undefined && conversation !== this.#conversation) this.#open(conversation);
  }

  deleteConversation(id: string): void {
    if (id === this.#conversation.id) this.#open(this.#newConversation());
    this.#store.delete(id);
    this.#emitHistory();
  }

  /** Shows something that no turn is about. */
  notify(notice: NoticeView): void {
    this.#emit({ type: "noticeShown", notice });
  }

  /** Stops, writes what is to be kept, and tells nobody anything any more. */
  dispose(): void {
    this.#listeners.clear();
    this.#answerer.stop();
    this.#ahead.end();
    this.#tray.close();
    this.#store.flush();
  }

  async #add(task: TurnTask, question: string): Promise<void> {
    const pictures = this.#tray.selected;
    if (pictures.length === 0) {
      this.notify({ text: this.#options.texts.noPicture, actions: [] });
      return;
    }
    const turns = pictures.map(({ id, name }): ChatTurn => {
      const at = { id: this.#options.newId(), pictureId: id, pictureName: name };
      return { ...at, task, question, answer: "", state: "waiting" };
    });
    const conversation = this.#conversation;
    for (const turn of turns) {
      conversation.turns.push(turn);
      if (conversation.title === "") conversation.title = titleOf(turn);
      this.#emit({ type: "turnAdded", turn: this.#turnView(turn) });
    }
    this.#store.changed(conversation);
    this.#emitHistory();
    await this.#answerer.answer(turns);
  }

  #open(conversation: Conversation): void {
    this.#answerer.stop();
    this.#ahead.end();
    this.#tray.close();
    this.#conversation = conversation;
    this.#tray = this.#trayOf(conversation);
    this.#ahead = this.#aheadOf(conversation, this.#tray);
    this.#answerer = this.#answererOf(conversation, this.#tray);
    this.#store.setOpen(conversation);
    this.#emitAll();
    this.#tray.makeThumbnails();
  }

  #newConversation(): Conversation {
    const { newId, wallTime } = this.#options;
    return { id: newId(), title: "", updatedAt: wallTime(), pictures: [], turns: [] };
  }

  #trayOf(conversation: Conversation): PictureTray {
    const { engine, source, newId, noticeOf } = this.#options;
    const sentenceOf = (error: AppError): string => noticeOf(error).text;
    const onChanged = (): void => {
      if (conversation !== this.#conversation) return;
      this.#store.setOpen(conversation);
      this.#emit({ type: "picturesChanged", pictures: this.#tray.views() });
      this.#updateSuggestions();
    };
    const ports = { engine, source, pasted: this.#pasted, newId, sentenceOf, onChanged };
    return new PictureTray(
      {
        ...ports,
        goneText: this.#options.texts.pictureGone,
        isNeeded: (id) => conversation.turns.some((turn) => turn.pictureId === id),
        onReleased: (file) => {
          this.#store.release([file]);
        },
      },
      conversation.pictures,
    );
  }

  #aheadOf(conversation: Conversation, tray: PictureTray): PicturePrefetch {
    return new PicturePrefetch({
      ...this.#options,
      tray,
      isWanted: this.#options.isPreparingAhead,
      isAnswering: () => conversation.turns.some(isOpenTurn),
      isKnown: (id) => conversation.turns.some((turn) => turn.pictureId === id),
    });
  }

  #answererOf(conversation: Conversation, tray: PictureTray): Answerer {
    return new Answerer({
      ...this.#options,
      conversation,
      tray,
      times: this.#times,
      onText: (turn, text) => {
        this.#store.changed(conversation);
        if (conversation !== this.#conversation) return;
        this.#emit({ type: "textEmitted", turnId: turn.id, text });
      },
      onChanged: (turn) => {
        if (isOpenTurn(turn)) this.#store.changed(conversation);
        else this.#store.finished(conversation);
        if (conversation !== this.#conversation) return;
        this.#emit({ type: "turnChanged", turn: this.#turnView(turn) });
        if (!isOpenTurn(turn)) this.#emitHistory();
        this.#updateSuggestions();
        if (!this.isAnswering) this.#ahead.answered({ isFailed: turn.state === "failed" });
      },
    });
  }

  #suggestions(): readonly string[] {
    const pictures = new Set(this.#tray.selected.map((picture) => picture.id));
    if (pictures.size === 0) return [];
    const turns = this.#conversation.turns.filter((turn) => pictures.has(turn.pictureId));
    const { status } = this.#options.engine;
    const questions = suggestQuestions({
      turns: turns.map(({ question, answer, state }) => ({
        question,
        answer: state === "done" ? answer : "",
      })),
      world: worldOf(status),
    });
    const { describe, describeInDetail } = this.#options.texts;
    if (turns.length === 0) return [describe, ...questions];
    const { task, state } = turns.at(-1) ?? { task: { kind: "question" }, state: "done" };
    const isShort = task.kind === "description" && task.length === "short" && state === "done";
    return isShort ? [describeInDetail, ...questions] : questions;
  }

  #updateSuggestions(): void {
    const suggestions = this.#suggestions();
    const told = this.#toldSuggestions;
    if (suggestions.length === told.length && suggestions.every((text, i) => text === told[i])) {
      return;
    }
    this.#toldSuggestions = suggestions;
    this.#emit({ type: "suggestionsChanged", suggestions });
  }

  #turn(id: string): ChatTurn | undefined {
    return this.#conversation.turns.find((turn) => turn.id === id);
  }

  #turnView(turn: ChatTurn): TurnView {
    return turnView(turn, this.#options.clock.now());
  }

  #emitAll(): void {
    this.#emit({ type: "chatReplaced", chat: this.view() });
  }

  #emitHistory(): void {
    this.#emit({ type: "historyChanged", history: this.#store.history() });
  }

  #emit(message: ToChat): void {
    for (const listener of [...this.#listeners]) listener(message);
  }
}
