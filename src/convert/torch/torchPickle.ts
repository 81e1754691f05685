/**
 * What the names in a pickle of torch mean: a closed set, compared letter by letter. Storages and tensors
 * become tags that say where values lie; nothing is imported, looked up or called.
 */

import { AppError } from "../../base/errors";
import { corruptFile } from "../checkpoint/checkpointText";
import { isRowMajor } from "../checkpoint/stridedView";
import { DTYPE_BITS, elementsOf, type TensorDtype } from "../checkpoint/tensorInfo";
import type { PickleRules } from "./pickleMachine";
import { PickleDict, PickleThing, PickleTuple, type PickleValue } from "./pickleValues";

/** A run of values of one type, which a record of the file holds. */
export class Storage extends PickleThing {
  readonly kind = "storage";
  readonly key: string;
  readonly dtype: TensorDtype;
  readonly nElements: number;

  constructor(key: string, dtype: TensorDtype, nElements: number) {
    super();
    this.key = key;
    this.dtype = dtype;
    this.nElements = nElements;
  }

  get bytes(): number {
    return (this.nElements * DTYPE_BITS[this.dtype]) / 8;
  }
}

/** Which values of a storage a tensor is made of. All of them are inside of it. */
interface Place {
  /** Of the first value, in elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Absent where the values lie side by side in row-major order. */
  readonly strides: readonly number[] | undefined;
}

export class StoredTensor extends PickleThing {
  readonly kind = "tensor";
  readonly storage: Storage;
  readonly place: Place;

  constructor(storage: Storage, place: Place) {
    super();
    this.storage = storage;
    this.place = place;
  }
}

/** A saved object, and where the storages that it names begin. */
export interface SavedObject {
  readonly value: PickleValue;
  readonly placeOf: (storage: Storage) => number;
}

class StorageClass extends PickleThing {
  readonly kind = "storage class";
  readonly dtype: TensorDtype;

  constructor(dtype: TensorDtype) {
    super();
    this.dtype = dtype;
  }
}

class Callable extends PickleThing {
  readonly kind: "dict" | "rebuild tensor" | "rebuild parameter";

  constructor(kind: Callable["kind"]) {
    super();
    this.kind = kind;
  }
}

const GLOBALS: ReadonlyMap<string, PickleThing> = new Map<string, PickleThing>([
  ["collections\nOrderedDict", new Callable("dict")],
  ["torch._utils\n_rebuild_tensor_v2", new Callable("rebuild tensor")],
  ["torch._utils\n_rebuild_parameter", new Callable("rebuild parameter")],
  ["torch\nFloatStorage", new StorageClass("F32")],
  ["torch\nDoubleStorage", new StorageClass("F64")],
  ["torch\nHalfStorage", new StorageClass("F16")],
  ["torch\nBFloat16Storage", new StorageClass("BF16")],
  ["torch\nLongStorage", new StorageClass("I64")],
  ["torch\nIntStorage", new StorageClass("I32")],
  ["torch\nShortStorage", new StorageClass("I16")],
  ["torch\nCharStorage", new StorageClass("I8")],
  ["torch\nByteStorage", new StorageClass("U8")],
  ["torch\nBoolStorage", new StorageClass("BOOL")],
]);

/** PyTorch's own limit of dimensions. */
const MAX_RANK = 64;
/** A number, counted up; in the older stream an address. */
const STORAGE_KEY = /^\d{1,20}$/;

const SAVE_AGAIN =
  "If you trust where it comes from, load it in torch and save its state_dict as safetensors.";

/** The rules of one file; they collect its storages. */
export class TorchRules implements PickleRules {
  readonly #file: string;
  /** Fields of the persistent id of a storage. */
  readonly #idFields: number;
  readonly #storages = new Map<string, Storage>();

  /** @param layout the older stream says of each storage whether it is a view of another. */
  constructor(file: string, layout: "zip" | "stream") {
    this.#file = file;
    this.#idFields = layout === "zip" ? 5 : 6;
  }

  /** Every storage that the pickle names, each once, by its key. */
  get storages(): ReadonlyMap<string, Storage> {
    return this.#storages;
  }

  global(module: string, name: string): PickleThing {
    const known = GLOBALS.get(`${module}\n${name}`);
    if (known !== undefined) return known;
    const shown = `${module}.${name}`.replace(/[^\w.]/g, "?").slice(0, 120);
    if (/^torch\.nn\.|^transformers\.|^__main__$|^lavis\./.test(module)) {
      return this.#unsupported(
        `it holds a whole model (${shown}) and not its state_dict, and would need its program`,
      );
    }
    if (module === "torch" && name.endsWith("Storage")) {
      return this.#unsupported(`it has values of the type ${shown}, which no graph takes`);
    }
    return this.#unsupported(`its pickle refers to ${shown}, which is no part of a state_dict`);
  }

  call(callee: PickleValue, args: PickleTuple): PickleValue {
    if (!(callee instanceof Callable)) this.#corrupt("its pickle calls what cannot be called");
    switch (callee.kind) {
      case "dict":
        // Members follow one by one; torch never gives them here.
        if (args.items.length > 0) this.#corrupt("its pickle makes an OrderedDict of something");
        return new PickleDict(true);
      case "rebuild tensor":
        return this.#tensor(args.items);
      case "rebuild parameter":
        return this.#parameter(args.items);
    }
  }

  persistent(id: PickleValue): Storage {
    if (!(id instanceof PickleTuple) || id.items[0] !== "storage") {
      return this.#unsupported("its pickle refers to something other than values of a tensor");
    }
    const [, type, key, location, nElements, view] = id.items;
    if (!(type instanceof StorageClass)) this.#corrupt("a storage in its pickle has no type");
    const isWhole =
      id.items.length === this.#idFields && typeof location === "string" && isSize(nElements);
    if (!isWhole) this.#corrupt("a storage in its pickle is not described as torch does");
    if (typeof key !== "string" || !STORAGE_KEY.test(key)) {
      this.#corrupt("a storage in its pickle has a key that is no number");
    }
    if (view !== undefined) {
      this.#unsupported("it has storages that are views of others, as torch wrote before 2019");
    }
    const storage = this.#storages.get(key) ?? new Storage(key, type.dtype, nElements);
    if (storage.dtype !== type.dtype || storage.nElements !== nElements) {
      this.#corrupt(`its pickle describes storage ${key} in two ways`);
    }
    if (!Number.isSafeInteger(storage.bytes)) {
      this.#corrupt(`storage ${key} would be larger than any file`);
    }
    this.#storages.set(key, storage);
    return storage;
  }

  #parameter(args: readonly PickleValue[]): StoredTensor {
    const [tensor, requiresGrad, hooks] = args;
    const isWhole =
      args.length === 3 && typeof requiresGrad === "boolean" && hooks instanceof PickleDict;
    if (!(tensor instanceof StoredTensor) || !isWhole) {
      this.#corrupt("a parameter in its pickle is not described as torch does");
    }
    return tensor;
  }

  #tensor(args: readonly PickleValue[]): StoredTensor {
    const [storage, offset, sizes, steps, requiresGrad, hooks, metadata] = args;
    const isWhole =
      (args.length === 6 || args.length === 7) &&
      typeof requiresGrad === "boolean" &&
      hooks instanceof PickleDict;
    if (!(storage instanceof Storage) || !isWhole) {
      this.#corrupt("a tensor in its pickle is not described as torch does");
    }
    if (metadata !== undefined && !(metadata instanceof PickleDict && isEmpty(metadata))) {
      this.#unsupported("it has tensors with more to them than their values");
    }
    const shape = this.#sizes(sizes);
    const strides = this.#sizes(steps);
    if (!isSize(offset) || shape.length !== strides.length) {
      this.#corrupt("a tensor in its pickle has a place or shape that none can have");
    }
    this.#expectInside(storage, { offset, shape, strides });
    return new StoredTensor(storage, {
      ...{ offset, shape },
      strides: isRowMajor(shape, strides) ? undefined : strides,
    });
  }

  /** Sizes or strides. */
  #sizes(value: PickleValue): readonly number[] {
    const sizes = value instanceof PickleTuple ? value.items.filter(isSize) : undefined;
    if (sizes === undefined || sizes.length !== (value as PickleTuple).items.length) {
      return this.#corrupt("a tensor in its pickle has a shape that none can have");
    }
    if (sizes.length > MAX_RANK) this.#corrupt(`a tensor has more than ${MAX_RANK} dimensions`);
    return sizes;
  }

  #expectInside(
    storage: Storage,
    at: { offset: number; shape: readonly number[]; strides: readonly number[] },
  ): void {
    const { offset, shape, strides } = at;
    if (shape.includes(0)) return;
    // Rounding can only happen far above any storage, where the comparison is right all the same.
    const last = shape.reduce((sum, size, i) => sum + (size - 1) * (strides[i] ?? 0), offset);
    if (!(last < storage.nElements)) {
      this.#corrupt(`a tensor of its pickle reaches behind the end of storage ${storage.key}`);
    }
    // A view that repeats its values would make memory out of nothing.
    if (!(elementsOf(shape) <= storage.nElements)) {
      this.#corrupt(`a tensor of its pickle has more values than storage ${storage.key}`);
    }
  }

  #corrupt(what: string): never {
    throw corruptFile({ file: this.#file }, what);
  }

  #unsupported(what: string): never {
    throw new AppError("checkpoint.unsupported", `${this.#file}: ${what}. ${SAVE_AGAIN}`, {
      detail: { file: this.#file },
    });
  }
}

const isEmpty = (dict: PickleDict): boolean => dict.members.size === 0;

function isSize(value: PickleValue): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
