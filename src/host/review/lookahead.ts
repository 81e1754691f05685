/**
 * Looks at pictures before somebody comes to them: a copy to show, and texts to propose. One after the other,
 * the one that is shown first; what is done for a picture is done once, wherever it stands.
 */

import { AppError } from "../../base/errors";
import type { Doubt } from "../../model/ask/request";
import type { LookView, ProposalsView } from "../../protocol/views/reviewMessages";
import type { Picture } from "../pictures/picture";
import type { ReviewItem } from "./reviewQueue";

/** Texts of a model, the best first. */
export interface Descriptions {
  readonly texts: readonly string[];
  readonly doubts: readonly Doubt[];
}

/** `model`: the chosen model cannot do that, or there is none. */
export type Unable = { readonly unable: string };

export interface LookaheadPorts {
  /**
   * Undefined where it would have to be fetched, which is not done unasked.
   * @throws AppError `image.…`.
   */
  readonly read: (item: ReviewItem, signal: AbortSignal) => Promise<Picture | undefined>;
  /** @throws AppError `image.…`. */
  readonly copy: (picture: Picture, signal: AbortSignal) => Promise<LookView>;
  /** @throws AppError `image.…`, `request.cancelled`. */
  readonly describe: (picture: Picture, signal: AbortSignal) => Promise<Descriptions | Unable>;
  /** How surely each text fits; undefined where nothing compares. @throws as `describe`. */
  readonly score: (
    picture: Picture,
    texts: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly number[] | undefined>;
  readonly onLook: (id: string, look: LookView) => void;
  readonly onProposals: (id: string, proposals: ProposalsView) => void;
  /** A failure that is no picture's, in a sentence. */
  readonly sentenceOf: (error: AppError) => string;
}

/** Pictures are large, and people go back a few. */
const MAX_LOOKS = 24;

interface Shown {
  look: LookView | undefined;
  proposals: ProposalsView | undefined;
}

const NOTHING: ProposalsView = { state: "off", texts: [] };
const NO_TEXTS: Descriptions = { texts: [], doubts: [] };

export class Lookahead {
  readonly #ports: LookaheadPorts;
  /** By key, the least recently wanted first. */
  readonly #known = new Map<string, Shown>();
  #wanted: readonly ReviewItem[] = [];
  #work: { readonly item: ReviewItem; readonly end: AbortController } | undefined;
  #isEnded = false;
  #isRunning = false;
  /** Why the model writes nothing; it would be the same for every picture. */
  #unable: string | undefined;

  constructor(ports: LookaheadPorts) {
    this.#ports = ports;
  }

  /** What is wanted from now on, the most urgent first; anything else that is being done ends. */
  want(items: readonly ReviewItem[]): void {
    this.#wanted = items;
    for (const item of items) this.#tell(item);
    const { item } = this.#work ?? {};
    if (item !== undefined && !items.some((wanted) => keyOf(wanted) === keyOf(item))) {
      this.#work?.end.abort();
    }
    void this.#run();
  }

  /** Looks at a picture anew, because it may be fetched now. */
  lookAgain(item: ReviewItem): void {
    this.#known.delete(keyOf(item));
    void this.#run();
  }

  /** Another model may have other texts. */
  forgetProposals(): void {
    this.#unable = undefined;
    for (const known of this.#known.values()) known.proposals = undefined;
    this.#work?.end.abort();
    void this.#run();
  }

  /** Ends what is being done; nothing is begun any more. */
  dispose(): void {
    this.#isEnded = true;
    this.#work?.end.abort();
  }

  #tell(item: ReviewItem): void {
    const known = this.#known.get(keyOf(item));
    if (known?.look !== undefined) this.#ports.onLook(item.id, known.look);
    if (known?.proposals !== undefined) this.#ports.onProposals(item.id, known.proposals);
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (;;) {
        const item = this.#isEnded ? undefined : this.#next();
        if (item === undefined) return;
        const end = new AbortController();
        this.#work = { item, end };
        try {
          await this.#lookAt(item, end.signal);
        } catch (thrown) {
          // Somebody went on: it is done anew when it is wanted again.
          if (!end.signal.aborted) this.#fail(item, AppError.from(thrown));
        } finally {
          this.#work = undefined;
        }
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Pictures to show come before texts, because they are there in a moment. */
  #next(): ReviewItem | undefined {
    const isOpen = (item: ReviewItem, part: "look" | "proposals"): boolean =>
      this.#known.get(keyOf(item))?.[part] === undefined;
    const [first] = this.#wanted;
    if (first !== undefined && isOpen(first, "look")) return first;
    return (
      this.#wanted.find((item) => isOpen(item, "look")) ??
      this.#wanted.find((item) => isOpen(item, "proposals"))
    );
  }

  async #lookAt(item: ReviewItem, signal: AbortSignal): Promise<void> {
    const { read, copy } = this.#ports;
    const hasLook = this.#entry(item).look !== undefined;
    const picture = hasLook && this.#unable !== undefined ? undefined : await read(item, signal);
    if (hasLook) {
      const proposals =
        picture === undefined ? NOTHING : await this.#proposalsFor(item, picture, signal);
      const problem = this.#unable;
      this.#propose(item, problem === undefined ? proposals : { ...proposals, problem });
    } else if (picture === undefined) {
      this.#show(item, { state: "remote" });
      this.#propose(item, NOTHING);
    } else this.#show(item, await copy(picture, signal));
  }

  async #proposalsFor(
    { view: { now = "" } }: ReviewItem,
    picture: Picture,
    signal: AbortSignal,
  ): Promise<ProposalsView> {
    const { describe, score } = this.#ports;
    const described = await describe(picture, signal);
    const { texts, doubts } = "unable" in described ? NO_TEXTS : described;
    const compared = now === "" ? texts : [...texts, now];
    const fits = compared.length === 0 ? undefined : await score(picture, compared, signal);
    const nowFit = fits?.[texts.length];
    return {
      state: "unable" in described ? "off" : "done",
      texts: texts
        .map((text, at) => {
          const fit = fits?.[at];
          return { text, doubts, ...(fit === undefined ? {} : { fit }) };
        })
        .sort((a, b) => (b.fit ?? 0) - (a.fit ?? 0)),
      ...(nowFit === undefined ? {} : { nowFit }),
      ...("unable" in described ? { problem: described.unable } : {}),
    };
  }

  #fail(item: ReviewItem, error: AppError): void {
    const problem = this.#ports.sentenceOf(error);
    const isPicture = error.code.startsWith("image.");
    if (this.#entry(item).look === undefined) this.#show(item, { state: "failed", problem });
    else if (!isPicture) this.#unable = problem;
    this.#propose(item, { ...NOTHING, problem });
  }

  #show(item: ReviewItem, look: LookView): void {
    this.#entry(item).look = look;
    for (const same of this.#same(item)) this.#ports.onLook(same.id, look);
  }

  #propose(item: ReviewItem, proposals: ProposalsView): void {
    this.#entry(item).proposals = proposals;
    for (const same of this.#same(item)) this.#ports.onProposals(same.id, proposals);
  }

  /** Those of the wanted ones that are the same picture with the same text. */
  #same(item: ReviewItem): readonly ReviewItem[] {
    return this.#wanted.filter((wanted) => keyOf(wanted) === keyOf(item));
  }

  #entry(item: ReviewItem): Shown {
    const key = keyOf(item);
    const known = this.#known.get(key) ?? { look: undefined, proposals: undefined };
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_LOOKS) break;
      this.#known.delete(oldest);
    }
    return known;
  }
}

/** The present text is compared too, so that pictures with other texts are others. */
function keyOf({ id, pictureKey, view: { now = "" } }: ReviewItem): string {
  return pictureKey === undefined ? id : `${pictureKey}\n${now}`;
}
