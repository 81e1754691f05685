/** A run in parts that several machines share: part i of n has items that stand together. */

import { AppError } from "../../../base/errors";

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Shard = { index: 1, count: 1 };
const MAX_SHARDS = 10_000;

/** Reads "2/8". @throws AppError `option.invalid`. */
export function parseShard(text: string): Shard {
  const [, index = "", count = ""] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count && shard.count <= MAX_SHARDS) return shard;
  throw new AppError(
    "option.invalid",
    `--shard must be like 2/8, from 1/8 to 8/8, and not ${text}.`,
    {
      detail: { option: "shard" },
    },
  );
}

/** Where a shard's items begin and end. */
export function shardRange({ index, count }: Shard, nItems: number): readonly [number, number] {
  const at = (i: number): number => Math.floor((i * nItems) / count);
  return [at(index - 1), at(index)];
}

/** "predictions.json", and "predictions-2-of-8.json" for a part. */
export function shardFile(name: string, { index, count }: Shard): string {
  if (count === 1) return name;
  const dot = name.lastIndexOf(".");
  return `${name.slice(0, dot)}-${index}-of-${count}${name.slice(dot)}`;
}

export function allShards(count: number): readonly Shard[] {
  return Array.from({ length: count }, (_, i) => ({ index: i + 1, count }));
}
