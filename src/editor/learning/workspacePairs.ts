/** What a model can learn from: the pictures of the workspace's documents with the texts that people wrote. */

import * as vscode from "vscode";
import { throwIfAborted } from "../../base/errors";
import type { Params } from "../../protocol/methods";
import { eachBatch } from "../audit/documentBatches";
import { withDelayedProgress } from "../shell/delayedProgress";
import type { Services } from "../shell/services";

export interface WorkspacePairs {
  readonly pairs: Params<"learn">["pairs"];
  /** That have at least one of them. */
  readonly nDocuments: number;
  /** How many pictures teach nothing, by the reason's name. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/**
 * Reads documents, and of pictures only whether two are the same.
 * @throws AppError `document.missing` without a folder on this machine, `request.cancelled`, `engine.exited`.
 */
export async function collectPairs(services: Services): Promise<WorkspacePairs> {
  const { engine, log } = services;
  const pairs: Params<"learn">["pairs"][number][] = [];
  const leftOut = new Map<string, number>();
  let nDocuments = 0;
  const title = vscode.l10n.t("Collecting alt texts");
  await withDelayedProgress(title, async (run) => {
    const { signal } = run;
    await eachBatch(services, run, async ({ request }) => {
      const { documents } = await engine.call("collectPairs", request, { signal });
      for (const document of documents) {
        if (document.failure !== undefined) log.warn(`Not read: ${document.failure}`);
        pairs.push(...document.pairs);
        if (document.pairs.length > 0) nDocuments++;
        for (const reason of document.leftOut) leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
      }
    });
    throwIfAborted(signal);
  });
  return { pairs, nDocuments, leftOut };
}
