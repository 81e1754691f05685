/** The files of all shards as the one file that an undivided run writes, byte for byte. */

import path from "node:path";
import { readEvalJson, rowsOf } from "../data/evalJson";
import { PredictionFile, writeRows } from "./predictionFile";
import { expectSameRun, readInfo, type RunInfo, writeInfo } from "./runInfo";
import { allShards, shardFile } from "./shard";

/**
 * Merges when every shard is there.
 * @param predictions where the whole goes; the shards' files lie beside it.
 * @returns the shards that are not finished; none when it was merged.
 * @throws AppError `option.invalid` for shards that do not belong together, `document.*`.
 */
export async function mergeShards(predictions: string, count: number): Promise<readonly string[]> {
  const files = allShards(count).map((shard) =>
    path.join(path.dirname(predictions), shardFile(path.basename(predictions), shard)),
  );
  const missing: string[] = [];
  for (const file of files) if (!(await PredictionFile.isFinished(file))) missing.push(file);
  if (missing.length > 0) return missing;
  const rows: object[] = [];
  const infos: RunInfo[] = [];
  for (const file of files) {
    const list = await readEvalJson(file);
    rowsOf(list, file);
    rows.push(...(list as readonly object[]));
    const info = await readInfo(file);
    if (info === undefined) continue;
    const [first] = infos;
    if (first !== undefined) expectSameRun(first, info, file);
    infos.push(info);
  }
  await writeRows(predictions, rows);
  const [first] = infos;
  if (first === undefined) return [];
  const sum = (of: (info: RunInfo) => number): number =>
    infos.reduce((total, info) => total + of(info), 0);
  await writeInfo(predictions, {
    ...withoutShard(first),
    seconds: sum(({ seconds }) => seconds),
    engineSeconds: sum(({ engineSeconds }) => engineSeconds),
    timed: sum(({ timed }) => timed),
  });
  return [];
}

function withoutShard(info: RunInfo): RunInfo {
  return Object.fromEntries(
    Object.entries(info).filter(([key]) => key !== "shard"),
  ) as unknown as RunInfo;
}
