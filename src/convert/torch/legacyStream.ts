/**
 * The form that torch.save wrote before 1.6: five pickles in a row, then the storages, each behind its
 * count. Where a storage begins follows from those before it.
 */

import { AppError } from "../../base/errors";
import type { ByteSource } from "../checkpoint/byteSource";
import { corruptFile } from "../checkpoint/checkpointText";
import { readPickle } from "./pickle";
import { PickleEndsEarly, type PickleRules } from "./pickleMachine";
import { PickleDict, PickleList, type PickleValue } from "./pickleValues";
import { type SavedObject, type Storage, TorchRules } from "./torchPickle";
import type { TorchDepth } from "./zipDirectory";

/** The pickles of the magic number and of the protocol, which never change. */
const MAGIC = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const HEAD = [...MAGIC, 0x2e, 0x80, 0x02, 0x4d, 0xe9, 0x03, 0x2e];
const COUNT_BYTES = 8;

const FIRST_BYTES = 256 << 10;
/** As of the pickle in a zip, with the two small ones around it. */
const MAX_FRONT_BYTES = (64 << 20) + FIRST_BYTES;

/** True for the first bytes of such a file. */
export function isLegacyStream(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => head[i] === byte);
}

/** @throws AppError `checkpoint.corrupt`, `checkpoint.unsupported`. */
export async function readLegacyStream(
  source: ByteSource,
  depth: TorchDepth,
): Promise<SavedObject> {
  const { value, keys, rules, end } = await readFront(source);
  const places = new Map<Storage, number>();
  let at = end;
  for (const key of keys) {
    const storage = rules.storages.get(key);
    if (storage === undefined || places.has(storage)) {
      throw corruptFile(source, "it lists a storage that no tensor has, or one twice");
    }
    const begin = at + COUNT_BYTES;
    at = begin + storage.bytes;
    if (at > source.fileBytes) throw corruptFile(source, "it ends early, inside its storages");
    if (depth === "whole") await expectCount(source, begin - COUNT_BYTES, storage);
    places.set(storage, begin);
  }
  if (places.size !== rules.storages.size) throw corruptFile(source, "it lacks a storage");
  if (at !== source.fileBytes) throw corruptFile(source, "it goes on behind its last storage");
  return { value, placeOf: (storage) => places.get(storage) ?? 0 };
}

interface Front {
  readonly value: PickleValue;
  readonly keys: readonly string[];
  readonly rules: TorchRules;
  /** Where the storages begin. */
  readonly end: number;
}

/** How long the pickles are is only known when they were read, so more and more of them is. */
async function readFront(source: ByteSource): Promise<Front> {
  const limit = Math.min(source.fileBytes, MAX_FRONT_BYTES);
  for (let length = Math.min(FIRST_BYTES, limit); ; length = Math.min(4 * length, limit)) {
    const bytes = await source.read(0, length);
    try {
      return parseFront(bytes, source);
    } catch (thrown) {
      if (!(thrown instanceof PickleEndsEarly)) throw thrown;
      if (length === limit) throw corruptFile(source, "its pickle ends early", thrown);
    }
  }
}

function parseFront(bytes: Uint8Array, source: ByteSource): Front {
  const { file } = source;
  if (bytes.length < HEAD.length) throw new PickleEndsEarly();
  if (!HEAD.every((byte, i) => bytes[i] === byte)) refuseProtocol(bytes, file);
  const system = readPickle({ bytes, start: HEAD.length, file, rules: NO_RULES(file) });
  expectLittleEndian(system.value, source);
  const rules = new TorchRules(file, "stream");
  const object = readPickle({ bytes, start: system.end, file, rules });
  const list = readPickle({ bytes, start: object.end, file, rules: NO_RULES(file) });
  const items = list.value instanceof PickleList ? list.value.items : [];
  const keys = items.filter((key) => typeof key === "string");
  if (!(list.value instanceof PickleList) || keys.length !== items.length) {
    throw corruptFile(source, "its list of storages is none");
  }
  return { value: object.value, keys, rules, end: list.end };
}

/** What stands in place of the protocol's number may be anything, also something to run. */
function refuseProtocol(bytes: Uint8Array, file: string): never {
  readPickle({ bytes, start: MAGIC.length + 1, file, rules: NO_RULES(file) });
  throw corruptFile({ file }, "its protocol is none of torch's");
}

function expectLittleEndian(system: PickleValue, source: ByteSource): void {
  const isLittle = system instanceof PickleDict ? system.members.get("little_endian") : undefined;
  if (isLittle === true) return;
  if (isLittle !== false) throw corruptFile(source, "it does not say what machine wrote it");
  throw new AppError(
    "checkpoint.unsupported",
    `${source.file} was written on a machine with the other byte order. Load it in torch and save its state_dict as safetensors.`,
    { detail: { file: source.file } },
  );
}

async function expectCount(source: ByteSource, at: number, storage: Storage): Promise<void> {
  const bytes = await source.read(at, COUNT_BYTES);
  const count = new DataView(bytes.buffer, bytes.byteOffset, COUNT_BYTES).getBigInt64(0, true);
  if (count !== BigInt(storage.nElements)) {
    throw corruptFile(
      source,
      `its storage ${storage.key} has ${count} values, and its pickle says ${storage.nElements}`,
    );
  }
}

/** Of the pickles around the object, which hold numbers and texts only. */
const NO_RULES = (file: string): PickleRules => {
  const refuse = (): never => {
    throw new AppError(
      "checkpoint.unsupported",
      `${file}: a pickle in front of its tensors is not torch's. Do not load it anywhere; get the checkpoint from another place.`,
      { detail: { file } },
    );
  };
  return { global: refuse, call: refuse, persistent: refuse };
};
