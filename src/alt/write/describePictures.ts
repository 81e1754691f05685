/**
 * The one loop from pictures to texts, for editor, command line and whatever else describes many. Knows
 * no documents: ports read a picture and ask the model.
 */

import type { CancelSignal } from "../../base/abortable";
import { AppError, throwIfAborted } from "../../base/errors";
import { inOrder } from "../../base/inOrder";
import type { Doubt } from "../../model/ask/request";
import { altTexts, type AskModel, type DescriptionOptions } from "./describer";

export interface DescribingPorts<T> {
  readonly signal: CancelSignal;
  /** Pictures with the same key are described once. */
  readonly keyOf: (picture: T) => string;
  /** Reads a picture. @throws AppError `image.…`, `path.outside` for one that cannot be described. */
  readonly read: (picture: T) => Promise<AskModel>;
  /** @param index of the picture among those of the call. */
  readonly onBegin?: ((picture: T, index: number) => void) | undefined;
  /** Pictures that may be described at once. @default one */
  readonly atOnce?: (() => number) | undefined;
  readonly options?: DescriptionOptions | undefined;
  /** Message of the failure when the model says nothing. @default English */
  readonly nothingToSay?: string | undefined;
}

export interface Description {
  readonly alt: string;
  /** Why the text may mean nothing. */
  readonly doubts: readonly Doubt[];
}

/** A picture with its text, or with the reason why it has none. */
export type Described<T> = { readonly picture: T } & Outcome;

type Outcome = (Description & { readonly error?: undefined }) | { readonly error: AppError };

/** Describes pictures in turn, and remembers what it has described. */
export class PictureDescriber<T> {
  readonly #ports: DescribingPorts<T>;
  readonly #known = new Map<string, Promise<Outcome>>();

  constructor(ports: DescribingPorts<T>) {
    this.#ports = ports;
  }

  /**
   * The pictures in their order. One that fails does not stop the others.
   * @throws AppError `request.cancelled`, or when the model fails, because it would fail for all.
   */
  async *describe(pictures: Iterable<T>): AsyncGenerator<Described<T>> {
    const { signal, keyOf, onBegin, atOnce } = this.#ports;
    const work = async (picture: T, index: number): Promise<Described<T>> => {
      throwIfAborted(signal);
      onBegin?.(picture, index);
      const key = keyOf(picture);
      const outcome = this.#known.get(key) ?? this.#outcome(picture);
      this.#known.set(key, outcome);
      return { picture, ...(await outcome) };
    };
    yield* inOrder(pictures, work, atOnce);
  }

  async #outcome(picture: T): Promise<Outcome> {
    const { read, signal, options, nothingToSay = NOTHING_TO_SAY } = this.#ports;
    let doubts: readonly Doubt[] = [];
    const onDoubts = (found: readonly Doubt[]): void => void (doubts = found);
    try {
      const [alt] = await altTexts(await read(picture), { ...options, signal, onDoubts });
      if (alt === undefined) throw new AppError("image.unreadable", nothingToSay);
      return { alt, doubts };
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code.startsWith("image.") || error.code === "path.outside") return { error };
      throw error;
    }
  }
}

const NOTHING_TO_SAY = "The model has nothing to say about this picture. Write a text by hand.";
