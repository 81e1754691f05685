/** Files that are one picture: shown in three groups, one file used everywhere, and what is no duplicate remembered. */

import * as path from "node:path";
import * as vscode from "vscode";
import type { DuplicateKind } from "../../model/ask/duplicateKinds";
import { DUPLICATE_KINDS } from "../../model/ask/duplicateKinds";
import type { Result } from "../../protocol/methods";
import type { Services } from "../shell/services";
import type { FoundGroup, FoundSection, Search } from "./resultsPanel";
import { lookAndShow } from "./searches";
import { useOneFile } from "./useOneFile";
import type { WorkspacePictures } from "../indexing/workspacePictures";

/** Two contents in each, parted by a blank: what a person has called different. */
const PARDONED_KEY = "sightline.notDuplicates";
/** Old ones are forgotten before the list is felt. */
const MAX_PARDONED = 20_000;

type Group = Result<"findDuplicates">["groups"][number];

export function duplicateSearch(services: Services, pictures: WorkspacePictures): Search {
  const { engine, context } = services;
  let groups: readonly Group[] = [];
  const pardoned = (): string[] => context.workspaceState.get<string[]>(PARDONED_KEY, []);
  const find = async (signal: AbortSignal): Promise<readonly FoundSection[]> => {
    ({ groups } = await engine.call("findDuplicates", { pardoned: pardoned() }, { signal }));
    return sectionsOf(groups);
  };
  return {
    title: vscode.l10n.t("Duplicate pictures"),
    actions: ["open", "similar", "reveal", "copyPath"],
    stop: () => pictures.stop(),
    run: async (run) => {
      const looked = await lookAndShow(pictures, run, () => Promise.resolve());
      run.progress({ text: vscode.l10n.t("Comparing the pictures with each other…") });
      run.show(await find(run.signal), looked.skipped);
      run.tell(vscode.l10n.t("Groups of pictures: {0}", groups.length));
    },
    actOnGroup: async (groupId, action) => {
      const group = groups[Number(groupId)];
      if (group === undefined) return false;
      if (action === "useOne") {
        const files = group.files.map(({ file }) => vscode.Uri.file(file));
        return await useOneFile(services, files);
      }
      const pairs = pairsOf(group);
      const kept = [...new Set([...pardoned(), ...pairs])].slice(-MAX_PARDONED);
      await context.workspaceState.update(PARDONED_KEY, kept);
      return true;
    },
  };
}

/** Each two contents of a group. */
function pairsOf({ files }: Group): readonly string[] {
  const digests = [...new Set(files.map(({ digest }) => digest))].sort();
  return digests.flatMap((a, i) => digests.slice(i + 1).map((b) => `${a} ${b}`));
}

function sectionsOf(groups: readonly Group[]): readonly FoundSection[] {
  return DUPLICATE_KINDS.flatMap((kind) => {
    const own = groups.flatMap((group, nth) =>
      group.kind === kind ? [foundGroup(group, nth)] : [],
    );
    if (own.length === 0) return [];
    return [{ id: kind, title: titleOf(kind, own.length), isFolded: false, groups: own }];
  });
}

function foundGroup({ kind, files }: Group, nth: number): FoundGroup {
  return {
    id: String(nth),
    // Buttons are named after it, and a screen reader hears nothing else of the group.
    title: vscode.l10n.t("{0} files: {1}, …", files.length, path.basename(files[0]?.file ?? "")),
    // What looks alike is not the same picture, and bytes that are the same are no opinion.
    actions:
      kind === "same bytes"
        ? ["useOne"]
        : kind === "same picture"
          ? ["useOne", "pardon"]
          : ["pardon"],
    files: files.map(({ file }) => ({ file })),
  };
}

function titleOf(kind: DuplicateKind, count: number): string {
  switch (kind) {
    case "same bytes":
      return vscode.l10n.t("The same file, byte for byte ({0})", count);
    case "same picture":
      return vscode.l10n.t("The same picture in another size or format ({0})", count);
    case "looks alike":
      return vscode.l10n.t("Pictures that look alike ({0})", count);
  }
}
