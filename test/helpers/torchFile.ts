/** Writes files as torch.save does, in both of its forms, also ones that lie. */

import { crc32 } from "node:zlib";

/** A piece of a pickle: one value, or an opcode. */
export type Part = Buffer;

/** Protocol 2 around the parts of one value. */
export const pickle = (...parts: Part[]): Buffer =>
  Buffer.concat([Buffer.from([0x80, 2]), ...parts, Buffer.from(".")]);

export const op = (text: string): Part => Buffer.from(text, "latin1");

export function text(value: string | Buffer): Part {
  const bytes = Buffer.from(value);
  return Buffer.concat([op("X"), uint(4, bytes.length), bytes]);
}

export const globalName = (module: string, name: string): Part => op(`c${module}\n${name}\n`);

export function integer(value: bigint | number): Part {
  const big = BigInt(value);
  if (big >= 0n && big < 256n) return Buffer.from([0x4b, Number(big)]);
  if (big >= -(2n ** 31n) && big < 2n ** 31n) {
    const bytes = Buffer.alloc(5, "J");
    bytes.writeInt32LE(Number(big), 1);
    return bytes;
  }
  const bytes: number[] = [];
  for (let rest = big; bytes.length < 9; rest >>= 8n) bytes.push(Number(rest & 255n));
  while (bytes.length > 8 && bytes[8] === 0) bytes.pop();
  return Buffer.from([0x8a, bytes.length, ...bytes]);
}

export const tuple = (...items: Part[]): Part => Buffer.concat([op("("), ...items, op("t")]);

export const orderedDict = (): Part =>
  Buffer.concat([globalName("collections", "OrderedDict"), op(")R")]);

export const mapping = (entries: readonly (readonly [string | Buffer, Part])[]): Part =>
  Buffer.concat([op("}("), ...entries.flatMap(([key, value]) => [text(key), value]), op("u")]);

export interface TensorParts {
  readonly shape?: readonly (number | bigint)[];
  readonly strides?: readonly (number | bigint)[];
  readonly offset?: number | bigint;
  readonly storage?: Part;
}

/** A storage of 16 floats under the key 0, unless told otherwise. */
export function storage(
  is: { key?: string; type?: string; n?: number | bigint; legacy?: boolean } = {},
): Part {
  const { key = "0", type = "FloatStorage", n = 16, legacy = false } = is;
  const fields = [text("storage"), globalName("torch", type), text(key), text("cpu"), integer(n)];
  return Buffer.concat([tuple(...fields, ...(legacy ? [op("N")] : [])), op("Q")]);
}

/** As `_rebuild_tensor_v2` is called; 4 × 4 and row-major unless told otherwise. */
export function tensor(is: TensorParts = {}, func = "_rebuild_tensor_v2"): Part {
  const { shape = [4, 4], strides = [4, 1], offset = 0 } = is;
  const args = tuple(
    is.storage ?? storage(),
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    op("\x89"),
    orderedDict(),
  );
  return Buffer.concat([globalName("torch._utils", func), args, op("R")]);
}

/** 0, 1 … 15 as floats. */
export const SIXTEEN = Buffer.from(Float32Array.from({ length: 16 }, (_, i) => i).buffer);

export interface TorchRecord {
  readonly name: string;
  readonly content: Buffer;
}

/** The records that torch writes around a pickle, in its order. */
export function torchRecords(
  body: Buffer,
  storages: readonly (readonly [key: string, content: Buffer])[] = [["0", SIXTEEN]],
  root = "archive",
): readonly TorchRecord[] {
  return [
    { name: `${root}/data.pkl`, content: body },
    { name: `${root}/.format_version`, content: Buffer.from("1") },
    { name: `${root}/byteorder`, content: Buffer.from("little") },
    ...storages.map(([key, content]) => ({ name: `${root}/data/${key}`, content })),
    { name: `${root}/version`, content: Buffer.from("3\n") },
  ];
}

/** Where records begin in torch's files. */
const ALIGNMENT = 64;
const FLAGS = 0x0808;

/** Records side by side as torch's writer places them, with their sizes behind them and wide ends. */
export function torchZip(records: readonly TorchRecord[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of records) {
    const nameBytes = Buffer.from(name);
    const plain = offset + 30 + nameBytes.length + 4;
    const padding = Buffer.alloc((ALIGNMENT - (plain % ALIGNMENT)) % ALIGNMENT, "Z");
    const extra = Buffer.concat([op("FB"), uint(2, padding.length), padding]);
    const sums = Buffer.concat([uint(4, crc32(content)), ...twice(uint(4, content.length))]);
    const fixed = [uint(2, 20), uint(2, FLAGS), uint(2, 0), uint(4, 0)];
    const lengths = [uint(2, nameBytes.length), uint(2, extra.length)];
    const local = [op("PK\x03\x04"), ...fixed, Buffer.alloc(12), ...lengths, nameBytes, extra];
    parts.push(...local, content, op("PK\x07\x08"), sums);
    const entry = [uint(2, nameBytes.length), uint(2, 0), Buffer.alloc(10), uint(4, offset)];
    directory.push(op("PK\x01\x02"), uint(2, 0), ...fixed, sums, ...entry, nameBytes);
    offset = parts.reduce((sum, part) => sum + part.length, 0);
  }
  const entries = Buffer.concat(directory);
  const n = records.length;
  const wideFields = [uint(8, 44), uint(2, 45), uint(2, 45), uint(4, 0), uint(4, 0), uint(8, n)];
  const wide = [op("PK\x06\x06"), ...wideFields, uint(8, n), uint(8, entries.length)];
  const locator = [op("PK\x06\x07"), uint(4, 0), uint(8, offset + entries.length), uint(4, 1)];
  const counts = [uint(4, 0), uint(2, n), uint(2, n), uint(4, entries.length), uint(4, offset)];
  const end = [op("PK\x05\x06"), ...counts, uint(2, 0)];
  return Buffer.concat([...parts, entries, ...wide, uint(8, offset), ...locator, ...end]);
}

/** A zip with one storage of sixteen floats and this object. */
export const torchFile = (...parts: Part[]): Buffer => torchZip(torchRecords(pickle(...parts)));

/** A tensor of a state dict, and its values. */
export interface StoredEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major, or by the strides. */
  readonly content: Buffer;
  /** @default row-major */
  readonly strides?: readonly number[];
}

const STORAGES: Readonly<Record<string, readonly [type: string, itemBytes: number]>> = {
  F32: ["FloatStorage", 4],
  F16: ["HalfStorage", 2],
  BF16: ["BFloat16Storage", 2],
  I64: ["LongStorage", 8],
};

/** A state dict with a storage for each tensor, as torch.save writes it. */
export function stateDict(tensors: readonly StoredEntry[]): Buffer {
  const entries = tensors.map((entry, i): [string, Part] => {
    const { shape, dtype, content } = entry;
    const [type, itemBytes] = STORAGES[dtype] ?? ["?", 1];
    const rowMajor = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, dim) => n * dim, 1));
    const part = storage({ key: String(i), type, n: content.length / itemBytes });
    return [entry.name, tensor({ shape, strides: entry.strides ?? rowMajor, storage: part })];
  });
  const storages = tensors.map(({ content }, i): [string, Buffer] => [String(i), content]);
  return torchZip(torchRecords(pickle(mapping(entries)), storages));
}

/** A state dict of 4 × 4 floats; names with the same number share their values. */
export function torchWeights(storageOf: Readonly<Record<string, number>>): Buffer {
  const entries = Object.entries(storageOf).map(([name, key]): [string, Part] => [
    name,
    tensor({ storage: storage({ key: String(key) }) }),
  ]);
  const keys = [...new Set(Object.values(storageOf))].map(String);
  const storages = keys.map((key): [string, Buffer] => [key, SIXTEEN]);
  return torchZip(torchRecords(pickle(mapping(entries)), storages));
}

const MAGIC = Buffer.from([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);

export interface StreamParts {
  /** The object that was saved. */
  readonly body: Buffer;
  readonly keys?: readonly string[];
  readonly storages?: readonly (readonly [count: number, content: Buffer])[];
  readonly magic?: Buffer;
  readonly protocol?: Buffer;
  readonly isLittle?: boolean;
}

/** The form before 1.6. */
export function torchStream(is: StreamParts): Buffer {
  const { keys = ["0"], storages = [[16, SIXTEEN]], isLittle = true } = is;
  const system = mapping([
    ["protocol_version", integer(1001)],
    ["little_endian", op(isLittle ? "\x88" : "\x89")],
  ]);
  return Buffer.concat([
    pickle(is.magic ?? MAGIC),
    is.protocol ?? pickle(Buffer.from([0x4d, 0xe9, 0x03])),
    pickle(system),
    is.body,
    pickle(op("]("), ...keys.map(text), op("e")),
    ...storages.flatMap(([count, content]) => [uint(8, count), content]),
  ]);
}

/** Little-endian. */
function uint(bytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer.subarray(0, bytes);
}

const twice = (part: Buffer): Buffer[] => [part, part];
