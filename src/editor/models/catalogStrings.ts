/** What the published models are good at, in the editor's languages; the catalogue itself is English. */

import * as vscode from "vscode";
import type { Advice } from "../../model/precision/modelAdvice";
import { sizeText } from "../shell/numbers";
import type { CatalogEntryReply, Result } from "../../protocol/methods";

/** The sentence of a model; one that the editor has no words for is shown as the catalogue has it. */
export function goodAtText({ name, goodAt }: Pick<CatalogEntryReply, "name" | "goodAt">): string {
  return sentences()[name] ?? goodAt;
}

/** Why a model cannot be had yet. */
export function reasonText({ reason }: Pick<Result<"catalog">["later"][number], "reason">): string {
  return laterReasons()[reason] ?? reason;
}

/** By the names of models/catalog.json and of the sets, whose English words these are; a test compares them. */
export function sentences(): Readonly<Record<string, string | undefined>> {
  return {
    "blip-base": vscode.l10n.t("Short answers and descriptions, by two small and fast models"),
    "blip-large": vscode.l10n.t("As BLIP base, with better descriptions; still small"),
    "blip2-opt-2.7b": vscode.l10n.t("Descriptions and simple questions; the fastest BLIP-2"),
    "blip2-flan-t5-xl": vscode.l10n.t("Questions: 63% right on VQAv2, where OPT-2.7B has 52%"),
    "blip2-opt-2.7b-coco": vscode.l10n.t(
      "Alternative texts: short descriptions; the fastest BLIP-2 for them",
    ),
    "blip2-flan-t5-xl-coco": vscode.l10n.t(
      "Alternative texts: short descriptions in other words than OPT",
    ),
    "blip2-opt-6.7b": vscode.l10n.t("Descriptions; twice the size of OPT-2.7B for a little more"),
    "blip2-opt-6.7b-coco": vscode.l10n.t(
      "Alternative texts; twice the size of OPT-2.7B for a little more",
    ),
    "blip2-flan-t5-xxl": vscode.l10n.t("Questions: 65% right on VQAv2"),
    "instructblip-flan-t5-xl": vscode.l10n.t(
      "Questions and instructions in your own words; short answers",
    ),
    "instructblip-flan-t5-xxl": vscode.l10n.t(
      "Questions and instructions; three times as large as XL",
    ),
    "instructblip-vicuna-7b": vscode.l10n.t(
      "Instructions in your own words, and descriptions in whole sentences",
    ),
    "instructblip-vicuna-13b": vscode.l10n.t("As Vicuna-7B, at twice the size"),
    "blip-vqa-base": vscode.l10n.t("Single questions with short answers; small and fast"),
    "blip-vqa-capfilt-large": vscode.l10n.t(
      "Single questions with short answers; learnt from cleaner captions",
    ),
    "blip-image-captioning-base": vscode.l10n.t(
      "Descriptions in one sentence; the smallest model that describes",
    ),
    "blip-image-captioning-large": vscode.l10n.t("Descriptions in one sentence; small and fast"),
    "blip-itm-base-coco": vscode.l10n.t("Comparing pictures with texts; small and fast"),
    "blip-itm-large-coco": vscode.l10n.t("Comparing pictures with texts; twice the size of base"),
    "blip-itm-base-flickr": vscode.l10n.t("Comparing pictures with texts; tuned on Flickr30k"),
    "blip-itm-large-flickr": vscode.l10n.t(
      "Comparing pictures with texts; tuned on Flickr30k, twice the size",
    ),
    "blip2-itm-vit-g": vscode.l10n.t("Comparing pictures with texts; answers no questions"),
    "blip2-itm-vit-g-coco": vscode.l10n.t(
      "Comparing pictures with texts, in more detail; answers no questions",
    ),
  };
}

/** By the English reason. */
function laterReasons(): Readonly<Record<string, string | undefined>> {
  return {
    "Published by LAVIS in parts. Put clip_vit_L.pth, blip2_pretrained_vitL.pth and the tokenizer.json of bert-base-uncased into one folder and import it.":
      vscode.l10n.t(
        "Published by LAVIS in parts. Put clip_vit_L.pth, blip2_pretrained_vitL.pth and the tokenizer.json of bert-base-uncased into one folder and import it.",
      ),
    "Published by LAVIS in parts. Put clip_vit_L.pth, blip2_pretrained_flant5xl_vitL.pth and the folder of google/flan-t5-xl into one folder and import it.":
      vscode.l10n.t(
        "Published by LAVIS in parts. Put clip_vit_L.pth, blip2_pretrained_flant5xl_vitL.pth and the folder of google/flan-t5-xl into one folder and import it.",
      ),
  };
}

/** What the machine has to say about a model; empty where there is nothing to say. */
export function adviceText(advice: Advice): string {
  switch (advice.fit) {
    case "recommended":
      return vscode.l10n.t("Recommended for this machine");
    case "fits":
      return "";
    case "memory":
      return vscode.l10n.t(
        "Does not fit: needs {0} of memory, and this machine has {1}",
        sizeText(advice.neededBytes),
        sizeText(advice.hasBytes),
      );
    case "disk":
      return vscode.l10n.t(
        "Does not fit: needs {0} of the disk, and {1} are free",
        sizeText(advice.neededBytes),
        sizeText(advice.hasBytes),
      );
  }
}
