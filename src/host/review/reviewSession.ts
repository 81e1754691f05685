/**
 * One review: the queue, what is looked at ahead, and what is written at the end. Knows no editor and no
 * page; a page may come and go, and everything that was decided outlives the window.
 */

import { createHash } from "node:crypto";
import { AppError } from "../../base/errors";
import { groupBy } from "../../base/groupBy";
import type { Logger } from "../../base/logger";
import { MAX_ALT_CHARACTERS } from "../../alt/wording/altText";
import { fromStoredReview, toStoredReview } from "../../protocol/reviewRecords";
import type {
  Decision,
  FromReview,
  OutcomeView,
  ReviewNote,
  ReviewQueueView,
  ReviewWork,
  ToReview,
} from "../../protocol/views/reviewMessages";
import type { Memento } from "../chat/conversationStore";
import {
  applyReview,
  canUndoReview,
  undoLastReview,
  type ApplyOutcome,
  type ReviewPorts,
  type UndoOutcome,
} from "./applyReview";
import { marksAfter, type PlannedChange } from "./documentPlan";
import { Lookahead, type LookaheadPorts } from "./lookahead";
import { itemId, movedItems, ReviewQueue, type ReviewItem } from "./reviewQueue";

/** What is reviewed. */
export interface ReviewScope {
  /** Documents and folders, as addresses. */
  readonly uris: readonly string[];
  /** Only findings of these rules. @default all */
  readonly rules?: readonly string[];
}

export interface Gathered {
  readonly items: readonly ReviewItem[];
  readonly nDocuments: number;
  /** Documents that could not be read, each in a sentence. */
  readonly unread: readonly string[];
}

export interface ReviewSessionPorts {
  /** The pictures with something to decide. @throws AppError `request.cancelled`. */
  readonly gather: (scope: ReviewScope, signal: AbortSignal) => Promise<Gathered>;
  /** How a decision is carried out; none for one that changes nothing. */
  readonly changeFor: (
    item: ReviewItem,
    decision: Decision,
  ) => Pick<PlannedChange, "edits" | "isDone"> | undefined;
  readonly review: ReviewPorts;
  readonly lookahead: Omit<LookaheadPorts, "onLook" | "onProposals">;
  /** Whether pictures may be looked at that nobody has come to yet. */
  readonly isLookingAhead: () => boolean;
  /** Asks whether a picture may be fetched. */
  readonly mayFetch: (item: ReviewItem) => Promise<boolean>;
  readonly notes: () => readonly ReviewNote[];
  readonly scopeText: (scope: ReviewScope) => string;
  readonly memento: Memento;
  readonly log: Pick<Logger, "warn">;
}

/** What the editor does itself. */
export type SessionMessage = Exclude<FromReview, { type: "ready" | "open" | "runAction" }>;

const KEY = "sightline.review";

export class ReviewSession {
  readonly #ports: ReviewSessionPorts;
  readonly #queue = new ReviewQueue();
  readonly #lookahead: Lookahead;
  readonly #listeners = new Set<(message: ToReview) => void>();
  readonly #end = new AbortController();
  readonly #scope: ReviewScope;
  #nDocuments = 0;
  #unread: readonly string[] = [];
  #current: string | undefined;
  #canUndoApplied = false;
  #work: ReviewWork = "none";
  #isLoaded = false;

  constructor(scope: ReviewScope, ports: ReviewSessionPorts) {
    this.#scope = scope;
    this.#ports = ports;
    this.#lookahead = new Lookahead({
      ...ports.lookahead,
      onLook: (id, look) => {
        this.#post({ type: "looked", id, look });
      },
      onProposals: (id, proposals) => {
        this.#post({ type: "proposed", id, proposals });
      },
    });
  }

  get scope(): ReviewScope {
    return this.#scope;
  }

  get work(): ReviewWork {
    return this.#work;
  }

  item(id: string): ReviewItem | undefined {
    return this.#queue.get(id);
  }

  onMessage(listener: (message: ToReview) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Looks through the documents, and takes up what was decided before. */
  async load(): Promise<void> {
    await this.#during("search", async () => {
      const gathered = await this.#ports.gather(this.#scope, this.#end.signal);
      this.#nDocuments = gathered.nDocuments;
      this.#unread = gathered.unread;
      this.#canUndoApplied = await canUndoReview(this.#ports.review.journals.folder);
      this.#queue.replace(gathered.items);
      if (this.#isLoaded) return;
      const stored = fromStoredReview(this.#ports.memento.get(keyOf(this.#scope)));
      if (stored !== undefined) {
        this.#queue.restore(stored);
        this.#current = stored.current;
      }
      this.#isLoaded = true;
    });
    this.tellAll();
  }

  /** Everything, for a page that has just come. */
  tellAll(): void {
    this.#post({ type: "workChanged", work: this.#work });
    if (!this.#isLoaded) return;
    this.#post({ type: "queueReplaced", queue: this.view() });
    this.#post({ type: "notesChanged", notes: this.#ports.notes() });
  }

  view(): ReviewQueueView {
    const queue = this.#queue;
    return {
      scope: this.#ports.scopeText(this.#scope),
      nDocuments: this.#nDocuments,
      items: queue.items.map(({ id, view }) => ({ id, ...view })),
      decisions: queue.decisions,
      ...(this.#current === undefined ? {} : { current: this.#current }),
      nLost: queue.nLost,
      unread: this.#unread,
      longFrom: MAX_ALT_CHARACTERS,
      canUndoApplied: this.#canUndoApplied,
    };
  }

  /** @throws AppError of what was asked for. */
  async handle(message: SessionMessage): Promise<void> {
    switch (message.type) {
      case "decide":
        this.#decide(message.id, message.decision);
        return;
      case "undo":
        this.#undo();
        return;
      case "look":
        this.#look(message.ids);
        return;
      case "fetch": {
        const item = this.#queue.get(message.id);
        if (item !== undefined && (await this.#ports.mayFetch(item))) {
          this.#lookahead.lookAgain(item);
        }
        return;
      }
      case "apply":
        await this.apply();
        return;
      case "undoApplied":
        await this.undoApplied();
        return;
    }
  }

  /** Writes what was decided. @throws AppError where nothing can be written at all. */
  async apply(): Promise<void> {
    if (this.#work !== "none") return;
    const changes = this.#changes();
    if (changes.size === 0) return;
    const outcome = await this.#during("apply", async () => {
      const applied = await applyReview(changes, this.#ports.review);
      const view = this.#outcomeView(applied);
      await this.#settle(applied, [...changes.keys()]);
      return view;
    });
    this.#post({ type: "applied", outcome });
    this.tellAll();
  }

  /** Takes back what was applied last. @returns undefined where there is nothing. */
  async undoApplied(): Promise<UndoOutcome | undefined> {
    if (this.#work !== "none") return undefined;
    const outcome = await this.#during("undo", async () => {
      const undone = await undoLastReview(this.#ports.review);
      if (undone !== undefined) await this.#regather(undone.uris, new Map());
      return undone;
    });
    if (outcome === undefined) return undefined;
    const { uris, failures } = outcome;
    this.#post({ type: "takenBack", nFiles: uris.length, failures });
    this.tellAll();
    return outcome;
  }

  /** Another model was chosen, or one is there now. */
  modelChanged(): void {
    this.#lookahead.forgetProposals();
    this.#post({ type: "notesChanged", notes: this.#ports.notes() });
  }

  /** Ends what is being done ahead; what was decided is kept already. */
  dispose(): void {
    this.#end.abort();
    this.#lookahead.dispose();
    this.#listeners.clear();
  }

  /** The page is told in any case: it shows already what it asked for. */
  #decide(id: string, wanted: Decision): void {
    if (this.#work !== "apply" && this.#queue.decide(id, wanted)) this.#keep();
    this.#tellDecision(id);
  }

  #tellDecision(id: string): void {
    const decision = this.#queue.decisionOf(id);
    this.#post({ type: "decided", id, ...(decision === undefined ? {} : { decision }) });
  }

  #undo(): void {
    if (this.#work === "apply") return;
    const id = this.#queue.undo();
    if (id === undefined) {
      this.#post({ type: "undone" });
      return;
    }
    this.#keep();
    this.#tellDecision(id);
    this.#post({ type: "undone", id });
  }

  #look(ids: readonly string[]): void {
    const items = ids.flatMap((id) => this.#queue.get(id) ?? []);
    const [first] = items;
    if (first !== undefined && first.id !== this.#current) {
      this.#current = first.id;
      this.#keep();
    }
    this.#lookahead.want(this.#ports.isLookingAhead() ? items : items.slice(0, 1));
  }

  #changes(): ReadonlyMap<string, readonly PlannedChange[]> {
    const decided = this.#queue.items.flatMap((item) => {
      const decision = this.#queue.decisionOf(item.id);
      const how = decision === undefined ? undefined : this.#ports.changeFor(item, decision);
      if (how === undefined) return [];
      return { uri: item.uri, change: { id: item.id, mark: item.mark, ...how } };
    });
    const groups = groupBy(decided, ({ uri }) => uri);
    return new Map([...groups].map(([uri, all]) => [uri, all.map(({ change }) => change)]));
  }

  /** Forgets what is done, and looks at the changed documents anew. */
  async #settle({ done, files }: ApplyOutcome, uris: readonly string[]): Promise<void> {
    const renamed = new Map<string, string>();
    for (const { uri, before, after } of files) {
      const items = this.#queue.items.filter((item) => item.uri === uri);
      const marks = marksAfter(
        before,
        after,
        items.map(({ mark }) => mark),
      );
      for (const [index, { id }] of items.entries()) {
        const mark = marks[index];
        if (mark !== undefined) renamed.set(id, itemId(uri, mark));
      }
    }
    this.#queue.settle(done);
    const settled = new Set(done.map((id) => renamed.get(id) ?? id));
    await this.#regather(uris, renamed, settled);
    this.#keep();
  }

  /** Reads documents anew and puts their pictures where those of before were. */
  async #regather(
    uris: readonly string[],
    renamed: ReadonlyMap<string, string>,
    settled: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    this.#canUndoApplied = await canUndoReview(this.#ports.review.journals.folder);
    if (uris.length === 0) return;
    const { rules } = this.#scope;
    const scope = { uris, ...(rules === undefined ? {} : { rules }) };
    const { items } = await this.#ports.gather(scope, this.#end.signal);
    const fresh = items.filter(({ id }) => !settled.has(id));
    const changed = new Set(uris);
    const before = this.#queue.items.filter(({ uri }) => changed.has(uri));
    const names = new Map([...renamed, ...movedItems(before, fresh, renamed)]);
    const others = this.#queue.items.filter(({ uri }) => !changed.has(uri));
    this.#queue.replace([...others, ...fresh], names);
    if (this.#current !== undefined) this.#current = names.get(this.#current) ?? this.#current;
  }

  #outcomeView({ done, nFiles, failures }: ApplyOutcome): OutcomeView {
    return {
      nWritten: done.length,
      nFiles,
      failures: failures.map(({ id, error }) => {
        const { file = "", line = 0 } = this.#queue.get(id)?.view ?? {};
        return { id, file, line, reason: error.message };
      }),
    };
  }

  async #during<T>(work: ReviewWork, task: () => Promise<T>): Promise<T> {
    this.#setWork(work);
    try {
      return await task();
    } finally {
      this.#setWork("none");
    }
  }

  #setWork(work: ReviewWork): void {
    this.#work = work;
    this.#post({ type: "workChanged", work });
  }

  /** Kept for the workspace, each review by what it is about; nothing is kept of one without decisions. */
  #keep(): void {
    const { uris, rules } = this.#scope;
    const stored = this.#queue.stored();
    const kept = toStoredReview({
      scope: uris,
      ...(rules === undefined ? {} : { rules }),
      ...(this.#current === undefined ? {} : { current: this.#current }),
      ...stored,
    });
    const value = stored.decisions.length === 0 ? undefined : kept;
    this.#ports.memento.update(keyOf(this.#scope), value).then(undefined, (thrown: unknown) => {
      this.#ports.log.warn(`The review was not kept: ${AppError.from(thrown).message}`);
    });
  }

  #post(message: ToReview): void {
    for (const listener of this.#listeners) listener(message);
  }
}

/** Where the decisions of a review are kept. */
export function keyOf({ uris, rules = [] }: ReviewScope): string {
  const hash = createHash("sha256").update(JSON.stringify([[...uris].sort(), [...rules].sort()]));
  return `${KEY}.${hash.digest("base64url").slice(0, 16)}`;
}
