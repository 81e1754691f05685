/**
 * The form that torch.save writes today: a zip with the pickle of the object and a record for each of its
 * storages.
 */

import { AppError } from "../../base/errors";
import type { ByteSource } from "../checkpoint/byteSource";
import { corruptFile, quoted } from "../checkpoint/checkpointText";
import { readPickle } from "./pickle";
import { PickleEndsEarly } from "./pickleMachine";
import { type SavedObject, type Storage, TorchRules } from "./torchPickle";
import { readZipDirectory, type TorchDepth, type ZipRecord } from "./zipDirectory";

/** A thousand tensors take 0.2 MB. */
const MAX_PICKLE_BYTES = 64 << 20;

const PICKLE = "data.pkl";
/** Records of compiled models, which hold a program. */
const TORCHSCRIPT = /^(?:constants\.pkl$|code\/)/;

/** @throws AppError `checkpoint.corrupt`, `checkpoint.unsupported`. */
export async function readZipArchive(source: ByteSource, depth: TorchDepth): Promise<SavedObject> {
  const { file } = source;
  const records = belowRoot(await readZipDirectory(source, depth), file);
  if ([...records.keys()].some((name) => TORCHSCRIPT.test(name))) {
    throw new AppError(
      "checkpoint.unsupported",
      `${file} is a TorchScript archive, which holds a program. Use the checkpoint that it was made from.`,
      { detail: { file } },
    );
  }
  const pickle = records.get(PICKLE);
  if (pickle === undefined) {
    throw new AppError("checkpoint.unsupported", `${file} is a zip, but no file of torch.`, {
      detail: { file },
    });
  }
  if (pickle.bytes > MAX_PICKLE_BYTES) {
    throw corruptFile({ file }, `its pickle has more than ${MAX_PICKLE_BYTES} bytes`);
  }
  const rules = new TorchRules(file, "zip");
  const bytes = await recordBytes(source, pickle, depth);
  const { value } = wholePickle(() => readPickle({ bytes, start: 0, file, rules }), file);
  const byteOrder = records.get("byteorder");
  if (byteOrder !== undefined) await expectLittleEndian(source, byteOrder, depth);
  const places = new Map<Storage, number>();
  for (const storage of rules.storages.values()) {
    places.set(storage, storagePlace(storage, records, file));
  }
  return { value, placeOf: (storage) => places.get(storage) ?? 0 };
}

/** Without the one folder that every record lies in. */
function belowRoot(
  records: ReadonlyMap<string, ZipRecord>,
  file: string,
): ReadonlyMap<string, ZipRecord> {
  const pickle = [...records.keys()].find((name) => name.endsWith(`/${PICKLE}`));
  const root = pickle?.slice(0, -PICKLE.length) ?? "";
  if (root === "" || root.indexOf("/") !== root.length - 1) return new Map();
  const below = new Map<string, ZipRecord>();
  for (const [name, record] of records) {
    if (!name.startsWith(root)) {
      throw corruptFile({ file }, `its record ${quoted(name)} is not below ${quoted(root)}`);
    }
    below.set(name.slice(root.length), record);
  }
  return below;
}

/** Of a record whose header was not read with the directory. */
async function recordBytes(
  source: ByteSource,
  record: ZipRecord,
  depth: TorchDepth,
): Promise<Uint8Array> {
  if (depth === "whole") return await source.read(record.begin, record.bytes);
  // The earliest place is behind the name; the length of what lies between is two bytes before it.
  const nameBytes = Buffer.byteLength(record.name);
  const length = await source.read(record.begin - nameBytes - 2, 2);
  const extra = (length[0] ?? 0) | ((length[1] ?? 0) << 8);
  return await source.read(record.begin + extra, record.bytes);
}

async function expectLittleEndian(
  source: ByteSource,
  record: ZipRecord,
  depth: TorchDepth,
): Promise<void> {
  const bytes = record.bytes < 16 ? await recordBytes(source, record, depth) : new Uint8Array();
  const order = Buffer.from(bytes).toString("latin1");
  if (order === "little") return;
  const { file } = source;
  if (order !== "big") throw corruptFile({ file }, "its byte order is none that there is");
  throw new AppError(
    "checkpoint.unsupported",
    `${file} was written on a machine with the other byte order. Load it in torch and save its state_dict as safetensors.`,
    { detail: { file } },
  );
}

function storagePlace(
  storage: Storage,
  records: ReadonlyMap<string, ZipRecord>,
  file: string,
): number {
  const record = records.get(`data/${storage.key}`);
  if (record === undefined) throw corruptFile({ file }, `its storage ${storage.key} is missing`);
  if (record.bytes !== storage.bytes) {
    throw corruptFile(
      { file },
      `its storage ${storage.key} has ${record.bytes} bytes, and its pickle says ${storage.bytes}`,
    );
  }
  return record.begin;
}

/** @throws AppError `checkpoint.corrupt` when the pickle is cut. */
function wholePickle<T>(read: () => T, file: string): T {
  try {
    return read();
  } catch (thrown) {
    if (!(thrown instanceof PickleEndsEarly)) throw thrown;
    throw corruptFile({ file }, "its pickle ends early", thrown);
  }
}
