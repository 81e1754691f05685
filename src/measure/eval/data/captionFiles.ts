/** Pictures and what people wrote of them: COCO's own format, LAVIS's lists and Karpathy's `dataset_*.json`. */

import type { JsonObject } from "../../../base/json";
import {
  type EvalId,
  idAt,
  listAt,
  objectOf,
  readEvalJson,
  rowsOf,
  textsAt,
  unparsable,
} from "./evalJson";
import type { Prediction } from "./vqaFiles";

export interface CaptionedPicture {
  readonly id: EvalId;
  /** Path below the folder of pictures, as far as the file tells. */
  readonly file: string;
  readonly captions: readonly string[];
  /** Of NoCaps. */
  readonly domain?: string;
}

/**
 * In the file's order, which texts of a retrieval are numbered by.
 * @param split Of a file that holds several.
 * @throws AppError `document.*`.
 */
export async function readCaptions(file: string, split = "test"): Promise<CaptionedPicture[]> {
  const value = await readEvalJson(file);
  if (Array.isArray(value)) return lavisPictures(value, file);
  const object = objectOf(value, file);
  if (object.has("annotations")) return cocoPictures(value, file);
  return karpathyPictures(value, { file, split });
}

function cocoPictures(value: unknown, file: string): CaptionedPicture[] {
  const captions = new Map<EvalId, string[]>();
  const images = listAt(value, "images", file);
  for (const row of images) captions.set(idAt(row, "id"), []);
  for (const row of listAt(value, "annotations", file)) {
    const id = idAt(row, "image_id");
    const own = captions.get(id);
    if (own === undefined) {
      throw unparsable(file, `has a caption of the picture ${id}, which it does not list`);
    }
    own.push(row.string("caption"));
  }
  return images.map((row) => {
    const id = idAt(row, "id");
    return {
      id,
      file: row.string("file_name", id),
      captions: captions.get(id) ?? [],
      ...(row.has("domain") ? { domain: row.string("domain") } : {}),
    };
  });
}

/** `[{image, caption: [text, …]}]`. */
function lavisPictures(value: unknown, file: string): CaptionedPicture[] {
  return rowsOf(value, file).map((row) => {
    const image = row.string("image");
    const captions =
      typeof row.raw("caption") === "string" ? [row.string("caption")] : textsAt(row, "caption");
    return { id: idOfName(image), file: image, captions };
  });
}

function karpathyPictures(
  value: unknown,
  { file, split }: { readonly file: string; readonly split: string },
): CaptionedPicture[] {
  const rows = listAt(value, "images", file).filter((row) => row.string("split", split) === split);
  if (rows.length === 0) throw unparsable(file, `has no picture of the split "${split}"`);
  return rows.map((row) => {
    const name = row.string("filename");
    const folder = row.string("filepath", "");
    return {
      id: row.has("cocoid") ? idAt(row, "cocoid") : idOfName(name),
      file: folder === "" ? name : `${folder}/${name}`,
      captions: rowsOf(row.array("sentences"), file, `${row.path}.sentences`).map((sentence) =>
        sentence.string("raw"),
      ),
    };
  });
}

/** The digits at the end of a file's name, as LAVIS takes them: COCO_val2014_000000000042.jpg → 42. */
function idOfName(name: string): EvalId {
  const stem = name.replace(/^.*\//, "").replace(/\.[^.]*$/, "");
  const digits = /\d+$/.exec(stem)?.[0];
  return digits === undefined ? stem : digits.replace(/^0+(?=\d)/, "");
}

/** Rows `{image_id, caption}`. @throws AppError `document.*`. */
export async function readCaptionResults(files: readonly string[]): Promise<Prediction[]> {
  const all: Prediction[] = [];
  for (const file of files) {
    for (const row of rowsOf(await readEvalJson(file), file)) {
      all.push({ id: idAt(row, "image_id"), text: captionOf(row), file });
    }
  }
  return all;
}

/** More is no caption, and nothing that a tokenizer should be given. */
const MAX_CAPTION_LENGTH = 20_000;

function captionOf(row: JsonObject): string {
  const caption = row.string("caption");
  if (caption.length > MAX_CAPTION_LENGTH) {
    row.fail("caption", `at most ${MAX_CAPTION_LENGTH} characters long`);
  }
  return caption;
}
