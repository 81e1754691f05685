/** A checkpoint that takes a while to convert. */

import assert from "node:assert/strict";
import { readFile, truncate, writeFile } from "node:fs/promises";
import path from "node:path";

/** Gives the token table of an OPT checkpoint more rows, all zero: a large file that costs no time. */
export async function growVocabulary(folder: string, nRows: number): Promise<void> {
  const file = path.join(folder, "model.safetensors");
  const bytes = await readFile(file);
  // Layout: header length (u64, little-endian), header (JSON), data.
  const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, headerEnd)) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  const data = bytes.subarray(headerEnd);
  const kept: Buffer[] = [];
  let at = 0;
  const isTable = (name: string): boolean => name.endsWith("decoder.embed_tokens.weight");
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  assert.equal(names.filter(isTable).length, 1);
  for (const name of names.sort((a, b) => Number(isTable(a)) - Number(isTable(b)))) {
    const entry = header[name]!;
    const [begin, end] = entry.data_offsets;
    if (isTable(name)) {
      const width = entry.shape[1] ?? 0;
      header[name] = {
        ...entry,
        shape: [nRows, width],
        data_offsets: [at, at + nRows * width * 4],
      };
      at += nRows * width * 4;
    } else {
      header[name] = { ...entry, data_offsets: [at, at + end - begin] };
      kept.push(data.subarray(begin, end));
      at += end - begin;
    }
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeFile(file, Buffer.concat([length, text, ...kept]));
  await truncate(file, 8 + text.length + at);
  const config = JSON.parse(await readFile(path.join(folder, "config.json"), "utf8")) as {
    text_config: Record<string, unknown>;
  };
  config.text_config["vocab_size"] = nRows;
  await writeFile(path.join(folder, "config.json"), JSON.stringify(config));
}
