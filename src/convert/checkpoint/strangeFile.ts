/**
 * What is found where a checkpoint, or a file of one, should be: files of other formats by their first
 * bytes, folders of other kinds by the names in them. Reads no weights.
 */

import { readFile, stat } from "node:fs/promises";
import path from "node:path";

import { AppError, type ErrorCode } from "../../base/errors";

/** Enough for every mark below. */
export const STRANGER_BYTES = 512;

interface Stranger {
  readonly matches: RegExp;
  readonly code: ErrorCode;
  /** Follows the file's name and "is". */
  readonly what: string;
  readonly advice: string;
}

const LFS =
  "Run git lfs pull in its repository, or download the file from the hub with sightline models add or with hf download.";
const SAFETENSORS =
  "Load the checkpoint in transformers and save it with save_pretrained, which writes model.safetensors.";

/** By the first bytes, one character for each. */
const STRANGERS: readonly Stranger[] = [
  {
    matches: /^version https:\/\/git-lfs\.github\.com\/spec\//,
    code: "checkpoint.missing",
    what: "a Git LFS pointer: the file itself has not been downloaded",
    advice: LFS,
  },
  {
    matches: /^(?:\S*\/)?\.?(?:git\/)?annex\/objects\/\S/,
    code: "checkpoint.missing",
    what: "a pointer of git-annex: the file itself is not here",
    advice: "Run git annex get on it.",
  },
  {
    matches: /^\s*(?:<!--[^]*?-->\s*)?<(?:!doctype html|html|head|body)\b/i,
    code: "checkpoint.corrupt",
    what: "a web page (HTML), such as a server's error or sign-in page",
    advice: "Download the file again; for a gated repository with a token.",
  },
  {
    matches: /^\s*<(?:\?xml|Error\b)/,
    code: "checkpoint.corrupt",
    what: "an XML text, such as a server's error",
    advice: "Download the file again.",
  },
  {
    matches: /^GGUF/,
    code: "checkpoint.unsupported",
    what: "a GGUF file (llama.cpp), which holds no BLIP-2 that can be converted",
    advice: "Use the checkpoint that it was made from, in safetensors.",
  },
  {
    // eslint-disable-next-line no-control-regex -- bytes of the format
    matches: /^(?:PK\x03\x04|\x80[\x02-\x05])/,
    code: "checkpoint.unsupported",
    what: "a file of PyTorch (pickle), though its name says otherwise",
    advice: "Give it the name that it was published with, which ends in .bin or .pth.",
  },
  {
    matches: /^\x89HDF\r\n/,
    code: "checkpoint.unsupported",
    what: "a file of TensorFlow (HDF5)",
    advice: SAFETENSORS,
  },
  {
    // eslint-disable-next-line no-control-regex -- bytes of the format
    matches: /^\x08[\x03-\x0d][\x12\x1a*:]/,
    code: "checkpoint.unsupported",
    what: "an ONNX graph, which is no checkpoint",
    advice: "Use the checkpoint that it was made from.",
  },
  {
    matches: /^\0{64}/,
    code: "checkpoint.corrupt",
    what: "full of zeros, as a download leaves it that broke off",
    advice: "Download it again.",
  },
];

/** @throws AppError when the bytes begin like a file of another kind. */
export function refuseStranger(bytes: Uint8Array, file: string): void {
  const part = bytes.subarray(0, STRANGER_BYTES);
  const head = Buffer.from(part.buffer, part.byteOffset, part.length).toString("latin1");
  if (bytes.length === 0) {
    throw strange("checkpoint.corrupt", file, "is empty. Download or save it again.");
  }
  const found = STRANGERS.find(({ matches }) => matches.test(head));
  if (found !== undefined) throw strange(found.code, file, `is ${found.what}. ${found.advice}`);
}

function strange(code: ErrorCode, file: string, what: string): AppError {
  return new AppError(code, `${file} ${what}`, { detail: { file } });
}

/** A checkpoint that was given as a file. Does nothing for a folder. @throws AppError. */
export async function refuseArchive(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isFile() !== true) return;
  const isArchive = /\.(?:zip|tar|tgz|gz|xz|zst|7z)$/i.test(folder);
  throw strange(
    "checkpoint.missing",
    folder,
    isArchive
      ? "is an archive and not a folder. Unpack it. Give the folder of a checkpoint, the one that holds config.json."
      : "is a file and not a folder. Give the folder of a checkpoint, the one that holds it and config.json.",
  );
}

const ADAPTER_CONFIG = "adapter_config.json";

/**
 * Says what a folder without config.json is instead.
 * @param names of its files. @throws AppError; returns where nothing is known of it.
 */
export async function refuseStrangeFolder(
  folder: string,
  names: ReadonlySet<string>,
): Promise<void> {
  const has = (pattern: RegExp): string | undefined =>
    [...names].find((name) => pattern.test(name));
  const refuse = (what: string): AppError => strange("checkpoint.unsupported", folder, what);
  if (names.has(ADAPTER_CONFIG)) throw refuse(await adapterText(path.join(folder, ADAPTER_CONFIG)));
  if (has(/^(?:pytorch_)?lora.*\.safetensors$/i) !== undefined) {
    throw refuse(
      "holds LoRA weights only, which change another checkpoint. Load both in Python, merge them, and save the whole with save_pretrained.",
    );
  }
  if (names.has("model_index.json")) {
    throw refuse(
      "is a pipeline of diffusers, which makes pictures. Give the folder of a BLIP-2 checkpoint.",
    );
  }
  const other = has(/\.(?:gguf|onnx)$/i);
  if (other !== undefined) {
    throw refuse(
      `holds ${other} and no checkpoint. Give the folder of the checkpoint that it was made from, in safetensors.`,
    );
  }
}

/** Of PEFT's save_pretrained. */
async function adapterText(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  const found = /"base_model_name_or_path"\s*:\s*("(?:[^"\\]|\\.){1,300}")/.exec(text);
  const base = found?.[1] === undefined ? "another checkpoint" : plainText(found[1]);
  return `is a PEFT adapter of ${base}, which does not hold the model itself. Merge the two in Python and convert the result: PeftModel.from_pretrained(model, FOLDER).merge_and_unload().save_pretrained(NEW_FOLDER), with the processor saved beside it.`;
}

function plainText(json: string): string {
  try {
    return String(JSON.parse(json)).replace(/\s+/g, " ");
  } catch {
    return "another checkpoint";
  }
}
