/**
 * The tensors of a saved object, by their names: of a state_dict, or of the one that a training run keeps
 * among its other things. Everything else is read past. Knows no file format and no model.
 */

import { AppError } from "../../base/errors";
import { corruptFile, MAX_MEMBERS, quoted } from "../checkpoint/checkpointText";
import { PickleDict, type PickleValue } from "./pickleValues";
import { StoredTensor } from "./torchPickle";

/** Under these names training programs keep what others want, in this order. */
const USUAL_NAMES = ["model", "state_dict", "model_state_dict", "module"];
/** `{"model": {"state_dict": {…}}}` is the deepest that is seen. */
const MAX_LEVELS = 3;
const MAX_NAME_CHARS = 1000;

/**
 * Finds them.
 * @throws AppError `checkpoint.corrupt` for names that no tensor has, `checkpoint.unsupported` for an
 * object that holds no state_dict.
 */
export function findStateDict(value: PickleValue, file: string): ReadonlyMap<string, StoredTensor> {
  const found = value instanceof PickleDict ? search(value, 1) : undefined;
  if (found === undefined) {
    throw new AppError(
      "checkpoint.unsupported",
      `${file}: it holds no state_dict, which gives each tensor a name. If you trust where it comes from, load it in torch and save the model's state_dict as safetensors.`,
      { detail: { file } },
    );
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of found.members) {
    if (!(tensor instanceof StoredTensor)) continue;
    if (typeof name !== "string") {
      throw corruptFile({ file }, "a tensor has a name that is no text");
    }
    if (name === "" || name.length > MAX_NAME_CHARS) {
      throw corruptFile({ file }, `a tensor has the name ${quoted(name)}, which none can have`);
    }
    tensors.set(name, tensor);
    if (tensors.size > MAX_MEMBERS) throw corruptFile({ file }, "it has too many tensors");
  }
  return tensors;
}

/** A usual name goes before tensors beside it, such as a step that is counted. */
function search(dict: PickleDict, level: number): PickleDict | undefined {
  if (level < MAX_LEVELS) {
    for (const name of USUAL_NAMES) {
      const child = dict.members.get(name);
      const found = child instanceof PickleDict ? search(child, level + 1) : undefined;
      if (found !== undefined) return found;
    }
  }
  const values = [...dict.members.values()];
  return values.some((value) => value instanceof StoredTensor) ? dict : undefined;
}
