/** What people are told of learning, in their language. */

import * as vscode from "vscode";
import { formatNumber } from "../../base/bytes";
import type { FitTaskName } from "../../model/ask/kinds";
import type { Stage } from "../../model/ask/progress";
import type { Result } from "../../protocol/methods";
import { durationText, timeLeftText } from "../engine/durations";
import { displayLocale, sizeText } from "../shell/numbers";
import type { WorkspacePairs } from "./workspacePairs";

type Plan = Result<"planLearning">["plans"][number];

export function taskText(task: FitTaskName): string {
  return task === "captions"
    ? vscode.l10n.t("Describe pictures in your words")
    : vscode.l10n.t("Find pictures by your words");
}

/** "about 12 min, up to 1.2 GB of memory" */
export function costText({ seconds, memoryBytes }: Plan): string {
  return vscode.l10n.t("{0}, up to {1} of memory", aboutText(seconds), sizeText(memoryBytes));
}

function aboutText(seconds: number): string {
  return vscode.l10n.t("about {0}", durationText(seconds));
}

/** What was found, and what not and why. */
export function foundText({ pairs, nDocuments, leftOut }: WorkspacePairs): string {
  const found = vscode.l10n.t(
    "Pictures with a text that a person wrote: {0}. Documents: {1}.",
    pairs.length,
    nDocuments,
  );
  const reasons = [...leftOut].map(([reason, count]) => reasonText(reason, count));
  if (reasons.length === 0) return found;
  return `${found} ${vscode.l10n.t("Left out: {0}.", reasons.join(", "))}`;
}

function reasonText(reason: string, count: number): string {
  switch (reason) {
    case "decorative":
      return vscode.l10n.t("{0} decorative", count);
    case "computed":
      return vscode.l10n.t("{0} with a text that code computes", count);
    case "missing":
      return vscode.l10n.t("{0} without a text", count);
    case "poor":
      return vscode.l10n.t("{0} with a placeholder or a file's name", count);
    case "elsewhere":
      return vscode.l10n.t("{0} whose file is not there", count);
    case "generated":
      return vscode.l10n.t("{0} with a text that a model wrote", count);
    case "twice":
      return vscode.l10n.t("{0} that occur twice", count);
    default:
      return `${count} ${reason}`;
  }
}

/** What the user agrees to. */
export function consentText(
  found: WorkspacePairs,
  plan: Plan,
  {
    freeMemoryBytes,
    freeDiskBytes,
  }: Pick<Result<"planLearning">, "freeMemoryBytes" | "freeDiskBytes">,
): string {
  const memory = sizeText(plan.memoryBytes);
  return [
    foundText(found),
    vscode.l10n.t(
      "A fifth of them is held out. There is a new model only if it is better at these.",
    ),
    vscode.l10n.t(
      "It takes {0} beside your work, up to {1} of memory ({2} are free) and {3} of the disk ({4} are free).",
      ...[aboutText(plan.seconds), memory, sizeText(freeMemoryBytes)],
      ...[sizeText(plan.diskBytes), sizeText(freeDiskBytes)],
    ),
    ...(plan.memoryBytes > freeMemoryBytes
      ? [vscode.l10n.t("That is more memory than is free: this machine may become slow.")]
      : []),
    vscode.l10n.t("Nothing leaves this machine, and {0} stays as it is.", plan.model),
  ].join("\n\n");
}

/** "step 4 of 50, 2 min left" */
export function stageText({ stage, nDone = 0, nAll = 0, secondsLeft }: Stage): string {
  if (stage === "features") return vscode.l10n.t("{0} of {1} pictures looked at", nDone, nAll);
  const step = vscode.l10n.t("step {0} of {1}", nDone, nAll);
  return secondsLeft === undefined ? step : `${step}, ${timeLeftText(secondsLeft)}`;
}

/** Before and after, of what was held out; a line each. */
export function reportText(result: Result<"learn">): string {
  const before = new Map(result.before.map(({ name, value }) => [name, value]));
  const lines = result.after.flatMap(({ name, value }) => {
    const text = figureText(name, before.get(name), value);
    return text === undefined ? [] : [text];
  });
  return [
    vscode.l10n.t(
      "Learnt from {0} texts in {1} steps, and tried on {2} others:",
      result.nTrain,
      result.steps,
      result.nHeldOut,
    ),
    ...lines,
    ...(result.unusable.length === 0
      ? []
      : [
          vscode.l10n.t(
            "Pictures that cannot be read or show nothing: {0}.",
            result.unusable.length,
          ),
        ]),
  ].join("\n");
}

/** Undefined for what only people who train models ask for; the log has it. */
function figureText(name: string, before: number | undefined, after: number): string | undefined {
  const shown = (text: (value: number) => string): [string, string] => [
    before === undefined ? "–" : text(before),
    text(after),
  ];
  const recall = /^(text→picture|picture→text) R@(\d+)$/.exec(name);
  if (recall !== null) {
    const [b, a] = shown(percentText);
    return recall[1] === "text→picture"
      ? vscode.l10n.t(
          "Right picture among the first {0}: {1} before, {2} after",
          recall[2] ?? "",
          b,
          a,
        )
      : vscode.l10n.t(
          "Right text among the first {0}: {1} before, {2} after",
          recall[2] ?? "",
          b,
          a,
        );
  }
  if (name === "lm") {
    const [b, a] = shown((loss) => percentText(Math.exp(-loss)));
    return vscode.l10n.t("Your words, how likely: {0} before, {1} after", b, a);
  }
  if (name !== "CIDEr") return undefined;
  const [b, a] = shown((value) => formatNumber(value, { digits: 1, locale: displayLocale() }));
  return vscode.l10n.t("Likeness to your texts (CIDEr, 0 to 10): {0} before, {1} after", b, a);
}

function percentText(share: number): string {
  return share.toLocaleString(displayLocale(), { style: "percent", maximumFractionDigits: 1 });
}
