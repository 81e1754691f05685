/** What can be searched: pictures by words, and pictures like one. */

import * as path from "node:path";
import * as vscode from "vscode";
import type { LookedAt } from "../../host/search/lookAtPictures";
import type { ItemAction } from "../../protocol/views/resultsMessages";
import type { Services } from "../shell/services";
import type { FoundSection, Search, SearchRun } from "./resultsPanel";
import { lookText, type WorkspacePictures } from "../indexing/workspacePictures";

/** More than anybody looks through; what is behind them fits no better. */
const MAX_FOUND = 400;
/** Pictures that are read together with the words, which takes seconds. */
const RERANKED = 32;
/** Between two looks at what was found so far, in ms. */
const STEP_MS = 2000;
/** From here on it is a match (CapFilt). */
const IS_MATCH = 0.5;

const ACTIONS: readonly ItemAction[] = ["open", "insert", "similar", "reveal", "copyPath"];

interface Match {
  readonly file: string;
  readonly isLikely: boolean;
}

/** Pictures that show what words say. */
export function wordSearch(services: Services, pictures: WorkspacePictures, words: string): Search {
  const find = async ({ signal }: SearchRun, rerank: number) => {
    const params = { words, k: MAX_FOUND, rerank };
    return (await services.engine.call("findPictures", params, { signal })).matches;
  };
  return {
    title: vscode.l10n.t("Pictures of “{0}”", words),
    actions: ACTIONS,
    stop: () => pictures.stop(),
    run: async (run) => {
      const show = (matches: readonly Match[], { skipped }: LookedAt): void => {
        run.show(likelySections(matches), skipped);
      };
      const looked = await lookAndShow(pictures, run, async (soFar) => {
        show(await find(run, 0), soFar);
      });
      const first = await find(run, 0);
      show(first, looked);
      run.tell(
        vscode.l10n.t("Pictures found: {0}", first.filter(({ isLikely }) => isLikely).length),
      );
      run.progress({ text: vscode.l10n.t("Comparing the best with the words…") });
      const read = await find(run, RERANKED);
      const likely = new Set(first.filter(({ isLikely }) => isLikely).map(({ file }) => file));
      run.doubt(
        read.flatMap(({ file, match = 1 }) => (match < IS_MATCH && likely.has(file) ? [file] : [])),
      );
    },
  };
}

/** Pictures like a file. */
export function likenessSearch(
  services: Services,
  pictures: WorkspacePictures,
  file: string,
): Search {
  const find = async ({ signal }: SearchRun) =>
    (await services.engine.call("similarPictures", { file, k: MAX_FOUND }, { signal })).matches;
  return {
    title: vscode.l10n.t("Pictures like {0}", path.basename(file)),
    actions: ACTIONS,
    stop: () => pictures.stop(),
    run: async (run) => {
      const looked = await lookAndShow(pictures, run, async ({ skipped }) => {
        run.show(alikeSections(await find(run)), skipped);
      });
      const matches = await find(run);
      run.show(alikeSections(matches), looked.skipped);
      const nAlike = matches.filter(({ isLikely }) => isLikely).length;
      run.tell(vscode.l10n.t("Pictures that look alike: {0}", nAlike));
    },
  };
}

/** Looks at all pictures, and shows meanwhile what is found among those that were looked at. */
export async function lookAndShow(
  pictures: WorkspacePictures,
  { signal, progress }: Pick<SearchRun, "signal" | "progress">,
  show: (soFar: LookedAt) => Promise<void>,
): Promise<LookedAt> {
  let shownMs = performance.now();
  let showing = Promise.resolve();
  let isShowing = false;
  const looked = await pictures.look({
    signal,
    onProgress: (soFar) => {
      const { nDone, nAll, nLeft } = soFar;
      progress({ text: lookText(soFar), share: nAll === 0 ? 1 : nDone / nAll });
      if (nDone === 0 || nLeft === 0 || isShowing || performance.now() - shownMs < STEP_MS) return;
      isShowing = true;
      showing = show(soFar).finally(() => {
        shownMs = performance.now();
        isShowing = false;
      });
      // Whoever waits for it below hears of it.
      showing.catch(() => undefined);
    },
  });
  await showing;
  return looked;
}

function likelySections(matches: readonly Match[]): readonly FoundSection[] {
  const likely = matches.filter(({ isLikely }) => isLikely);
  const others = matches.filter(({ isLikely }) => !isLikely);
  return sectionsOf([
    { id: "likely", title: vscode.l10n.t("Likely ({0})", likely.length), files: likely },
    { id: "others", title: vscode.l10n.t("Less likely ({0})", others.length), files: others },
  ]);
}

function alikeSections(matches: readonly Match[]): readonly FoundSection[] {
  const alike = matches.filter(({ isLikely }) => isLikely);
  const others = matches.filter(({ isLikely }) => !isLikely);
  return sectionsOf([
    { id: "alike", title: vscode.l10n.t("Look alike ({0})", alike.length), files: alike },
    { id: "others", title: vscode.l10n.t("Less alike ({0})", others.length), files: others },
  ]);
}

/** The first that has anything is open. */
function sectionsOf(
  parts: readonly {
    readonly id: string;
    readonly title: string;
    readonly files: readonly Match[];
  }[],
): readonly FoundSection[] {
  return parts
    .filter(({ files }) => files.length > 0)
    .map(({ id, title, files }, nth) => ({
      ...{ id, title, isFolded: nth > 0 },
      groups: [{ id, actions: [], files: files.map(({ file }) => ({ file })) }],
    }));
}
