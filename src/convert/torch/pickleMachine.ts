/**
 * What the opcodes of a pickle work on: plain data with limits. What a global, a call or a persistent id
 * becomes is decided by rules that compare names and make tags. Knows no opcode.
 */

import { AppError } from "../../base/errors";
import { corruptFile, quoted } from "../checkpoint/checkpointText";
import {
  PickleDict,
  PickleList,
  PickleThing,
  PickleTuple,
  type PickleValue,
  type Refusal,
} from "./pickleValues";

/** What the names in a pickle mean; everything else about it is the same for all. */
export interface PickleRules {
  /** @throws AppError for a name that is not known. */
  global(module: string, name: string): PickleThing;
  /** @returns what `callee(...args)` becomes. @throws AppError. */
  call(callee: PickleValue, args: PickleTuple): PickleValue;
  /** @throws AppError. */
  persistent(id: PickleValue): PickleThing;
}

export interface PickleJob {
  readonly bytes: Uint8Array;
  /** Where the pickle begins. */
  readonly start: number;
  /** For messages. */
  readonly file: string;
  readonly rules: PickleRules;
}

/** The pickle is not over where the bytes are; nothing else is wrong with it so far. */
export class PickleEndsEarly extends Error {}

// A file of a thousand tensors has 25,000 memo entries and 6,000 containers.
const MAX_STACK = 1_000_000;
const MAX_MEMO = 2_000_000;
const MAX_CONTAINERS = 1_000_000;
const MAX_NAME_BYTES = 500;
/** Of integers; torch's sizes have no more. */
const MAX_LONG_BYTES = 8;

class Mark extends PickleThing {
  readonly kind = "mark";
}

const MARK = new Mark();

/** Stack, memo and the next byte of a pickle; each of its deeds is what an opcode does, with its limits. */
export class PickleMachine {
  at: number;
  readonly #job: PickleJob;
  readonly #view: DataView;
  readonly #stack: PickleValue[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #nContainers = 0;

  constructor(job: PickleJob) {
    this.#job = job;
    this.at = job.start;
    this.#view = new DataView(job.bytes.buffer, job.bytes.byteOffset, job.bytes.byteLength);
  }

  corrupt(what: string): never {
    throw corruptFile({ file: this.#job.file }, what);
  }

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.#job.bytes.length) throw new PickleEndsEarly();
    const bytes = this.#job.bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  /** Goes on behind a number of that many bytes, which begins at the place that is returned. */
  number(length: number): { readonly view: DataView; readonly at: number } {
    const at = this.at;
    this.take(length);
    return { view: this.#view, at };
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  uint32(): number {
    const { view, at } = this.number(4);
    return view.getUint32(at, true);
  }

  text(length: number): string {
    const bytes = this.take(length);
    try {
      return DECODER.decode(bytes);
    } catch {
      return this.corrupt("a text in its pickle is not valid UTF-8");
    }
  }

  /** Up to the end of a line, of plain letters. */
  line(): string {
    const { bytes } = this.#job;
    const end = bytes.indexOf(NEWLINE, this.at);
    const length = (end < 0 ? bytes.length : end) - this.at;
    if (length > MAX_NAME_BYTES) this.corrupt("a name in its pickle has no end");
    if (end < 0) throw new PickleEndsEarly();
    const text = this.text(length);
    this.at += 1;
    return text;
  }

  long(): number | bigint {
    const length = this.byte();
    if (length > MAX_LONG_BYTES) this.corrupt("its pickle has a number beyond 64 bits");
    const bytes = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    const signed = BigInt.asIntN(8 * length, value);
    const plain = Number(signed);
    return Number.isSafeInteger(plain) ? plain : signed;
  }

  push(value: PickleValue): void {
    if (this.#stack.length >= MAX_STACK) this.corrupt("its pickle has too many values at once");
    this.#stack.push(value);
  }

  pushContainer(value: PickleTuple | PickleList | PickleDict): void {
    this.#nContainers += 1;
    if (this.#nContainers > MAX_CONTAINERS) this.corrupt("its pickle has too many lists");
    if (value instanceof PickleTuple) this.accept(value.refusal);
    this.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length === 0) this.corrupt("its pickle takes a value that is not there");
    const value = this.#stack.pop();
    if (value === MARK) this.corrupt("its pickle takes a value that is not there");
    return value;
  }

  /** The values since the last mark, which goes too. */
  popMarked(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) this.corrupt("its pickle has no mark where one belongs");
    const values = this.#stack.splice(mark);
    values.shift();
    return values;
  }

  get isEmpty(): boolean {
    return this.#stack.length === 0;
  }

  get file(): string {
    return this.#job.file;
  }

  mark(): void {
    this.push(MARK);
  }

  remember(index: number): void {
    const value = this.#stack.at(-1);
    if (this.#stack.length === 0 || value === MARK) this.corrupt("its pickle remembers nothing");
    this.#memo.set(index, value);
    if (this.#memo.size > MAX_MEMO) this.corrupt("its pickle remembers too much");
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) this.corrupt("its pickle recalls what it has not remembered");
    this.push(this.#memo.get(index));
  }

  append(values: readonly PickleValue[]): void {
    const list = this.#stack.at(-1);
    if (!(list instanceof PickleList)) this.corrupt("its pickle adds to what is no list");
    for (const value of values) this.accept(list.append(value));
  }

  setItems(values: readonly PickleValue[]): void {
    const dict = this.#stack.at(-1);
    if (!(dict instanceof PickleDict)) this.corrupt("its pickle sets members of what is no dict");
    if (values.length % 2 !== 0) this.corrupt("its pickle has a key without a value");
    for (let i = 0; i < values.length; i += 2) {
      this.accept(dict.set(values[i], values[i + 1]), values[i]);
    }
  }

  /** Attributes of an OrderedDict say which version of a module wrote it; nothing else may have any. */
  build(): void {
    const state = this.pop();
    const target = this.#stack.at(-1);
    const isHarmless =
      target instanceof PickleDict && target.isOrdered && state instanceof PickleDict;
    if (isHarmless) return;
    throw new AppError(
      "checkpoint.unsupported",
      `${this.#job.file}: its pickle gives attributes to an object. If you trust where it comes from, load it in torch and save its state_dict as safetensors.`,
      { detail: { file: this.#job.file } },
    );
  }

  global(): void {
    const module = this.line();
    this.push(this.#job.rules.global(module, this.line()));
  }

  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(args instanceof PickleTuple)) this.corrupt("its pickle calls with what is no tuple");
    const value = this.#job.rules.call(callee, args);
    if (value instanceof PickleDict) this.pushContainer(value);
    else this.push(value);
  }

  persistent(): void {
    this.push(this.#job.rules.persistent(this.pop()));
  }

  accept(refusal: Refusal | undefined, key?: PickleValue): void {
    if (refusal === undefined) return;
    const name = typeof key === "string" ? quoted(key) : "a key";
    const reasons: Readonly<Record<Refusal, string>> = {
      depth: "its pickle has more levels than any checkpoint",
      weight: "its pickle has more values than any checkpoint",
      late: "its pickle changes a list or dict that is part of another, or of itself",
      twice: `its pickle has ${name} twice in one dict`,
      key: "its pickle has a list as a key",
    };
    this.corrupt(reasons[refusal]);
  }
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const NEWLINE = 0x0a;
