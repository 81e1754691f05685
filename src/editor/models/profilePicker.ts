/** The choice of a model's precision, with what each costs. */

import * as vscode from "vscode";
import { sizeText } from "../shell/numbers";
import type { ProfileName } from "../../model/ask/kinds";

/** A profile that can be had; sizes in bytes. */
export interface ProfileOffer {
  readonly profile: ProfileName;
  readonly diskBytes: number;
  /** Absent where it is not known. */
  readonly memoryBytes?: number;
}

interface ProfileItem extends vscode.QuickPickItem {
  readonly profile: ProfileName;
}

/**
 * Shows the profiles, the usual one first.
 * @returns undefined when the user leaves.
 */
export async function pickProfile(
  title: string,
  offers: readonly ProfileOffer[],
  usual: ProfileName,
): Promise<ProfileName | undefined> {
  const isUsual = ({ profile }: ProfileOffer): boolean => profile === usual;
  const ordered = [...offers.filter(isUsual), ...offers.filter((offer) => !isUsual(offer))];
  const items = ordered.map((offer) => itemOf(offer, usual));
  const placeHolder = vscode.l10n.t("Choose how exactly the weights are kept");
  const chosen = await vscode.window.showQuickPick(items, {
    title,
    placeHolder,
    ignoreFocusOut: true,
  });
  return chosen?.profile;
}

function itemOf(
  { profile, diskBytes, memoryBytes }: ProfileOffer,
  usual: ProfileName,
): ProfileItem {
  const disk = sizeText(diskBytes);
  const costs =
    memoryBytes === undefined
      ? vscode.l10n.t("{0} on disk", disk)
      : vscode.l10n.t("{0} on disk, up to {1} of memory", disk, sizeText(memoryBytes));
  const words = profile === usual ? [costs, vscode.l10n.t("suggested")] : [costs];
  return { label: profile, description: words.join(" · "), detail: meaningOf(profile), profile };
}

function meaningOf(profile: ProfileName): string {
  switch (profile) {
    case "exact":
      return vscode.l10n.t("As published, to the last digit; slow and large");
    case "balanced":
      return vscode.l10n.t("Answers as the exact one does, but for a few in a thousand");
    case "small":
      return vscode.l10n.t("The least memory and the fastest answers; some of them differ");
  }
}
