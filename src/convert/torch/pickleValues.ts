/**
 * What a pickle's values become here: plain data that nothing can be called on. Lists and dicts grow only
 * until they are part of something, so that no value can contain itself. Knows no opcode and no torch.
 */

/** A value, or a thing of whoever made the rules, which the machine only passes on. */
export type PickleValue =
  | undefined
  | boolean
  | number
  | bigint
  | string
  | PickleList
  | PickleTuple
  | PickleDict
  | PickleThing;

/** What rules make of a global, a call or a persistent id. */
export abstract class PickleThing {
  abstract readonly kind: string;
}

/** Deeper than any training script's configuration, and shallow for whoever walks it. */
const MAX_DEPTH = 64;
/** Values in a value, counted as often as somebody who walks it meets them. */
const MAX_WEIGHT = 20_000_000;

/** Why a container does not take a value. */
export type Refusal = "depth" | "weight" | "late" | "twice" | "key";

abstract class Container {
  depth = 1;
  /** Itself and all that is in it. */
  weight = 1;
  #isPart = false;

  /** @returns why the value cannot be added. */
  protected adopt(value: PickleValue): Refusal | undefined {
    if (value instanceof Container) {
      value.#isPart = true;
      this.depth = Math.max(this.depth, value.depth + 1);
      this.weight += value.weight;
    } else {
      this.weight += 1;
    }
    // Also what is added to itself is a part by now.
    if (this.#isPart) return "late";
    if (this.depth > MAX_DEPTH) return "depth";
    return this.weight > MAX_WEIGHT ? "weight" : undefined;
  }
}

export class PickleTuple extends Container {
  readonly items: readonly PickleValue[];
  readonly refusal: Refusal | undefined;

  constructor(items: readonly PickleValue[]) {
    super();
    this.items = items;
    this.refusal = items.map((item) => this.adopt(item)).find((why) => why !== undefined);
  }
}

export class PickleList extends Container {
  readonly items: PickleValue[] = [];

  append(value: PickleValue): Refusal | undefined {
    this.items.push(value);
    return this.adopt(value);
  }
}

export class PickleDict extends Container {
  readonly #members = new Map<PickleValue, PickleValue>();
  /** An OrderedDict, which can be given attributes. */
  readonly isOrdered: boolean;

  constructor(isOrdered: boolean) {
    super();
    this.isOrdered = isOrdered;
  }

  get members(): ReadonlyMap<PickleValue, PickleValue> {
    return this.#members;
  }

  set(key: PickleValue, value: PickleValue): Refusal | undefined {
    if (key instanceof PickleList || key instanceof PickleDict) return "key";
    if (this.#members.has(key)) return "twice";
    this.#members.set(key, value);
    return this.adopt(key) ?? this.adopt(value);
  }
}
