/** The list of models; says what the user wants and does none of it. */

import * as vscode from "vscode";
import { CAPABILITIES } from "../../model/ask/capabilities";
import type { ModelKind } from "../../model/ask/kinds";
import { type Advice, advise } from "../../model/precision/modelAdvice";
import { modelOfServer } from "../../model/ask/remoteEndpoint";
import { DEMO_MODEL } from "../../model/folder/world";
import { adviceText, goodAtText, reasonText } from "./catalogStrings";
import { type DeletionAction, deletionActions } from "./modelDeletion";
import {
  addServerItem,
  type ServerAction,
  serverItems,
  type ServerOffer,
} from "../servers/serverItems";
import { displayLocale, sizeParts, sizeText } from "../shell/numbers";
import {
  candidateOf,
  isThere,
  type ModelChoice,
  modelChoices,
} from "../../host/models/modelChoices";
import type { CatalogEntryReply, Result } from "../../protocol/methods";

/** What the user wants with the models. */
export type ModelAction =
  | { readonly kind: "choose" | "delete"; readonly choice: ModelChoice }
  | { readonly kind: "get"; readonly entry: CatalogEntryReply; readonly freeBytes: number }
  | { readonly kind: "discard"; readonly entry: CatalogEntryReply }
  | { readonly kind: "explain"; readonly entry: Result<"catalog">["later"][number] }
  | { readonly kind: "reveal"; readonly folder: string }
  | { readonly kind: "import" | "removeAll" }
  | ServerAction
  /** Something is to be deleted; these can be. */
  | { readonly kind: "remove"; readonly actions: readonly DeletionAction[] };

/** What there is, and what could be had. */
export interface ModelOffer {
  readonly servers: readonly ServerOffer[];
  /** Folders that were chosen before and are still there. */
  readonly recentFolders: readonly string[];
  readonly stored: Result<"models">;
  readonly catalog: Result<"catalog">;
}

interface ActionItem extends vscode.QuickPickItem {
  readonly action?: ModelAction;
  /** Beside `buttons`, in the same order. */
  readonly buttonActions?: readonly ModelAction[];
}

/** What decides how the list looks. */
export interface PickerLook {
  readonly currentModel: string;
  /** Of this machine, all in all. */
  readonly memoryBytes: number;
  /** Shows published models too that are there already. */
  readonly hasAllOffers: boolean;
}

/**
 * Shows the list, at once and busy until the models are known.
 * @returns undefined when the user leaves.
 * @throws what `offer` rejects with.
 */
export async function pickModelAction(
  offer: Promise<ModelOffer>,
  look: PickerLook,
): Promise<ModelAction | undefined> {
  const picker = vscode.window.createQuickPick<ActionItem>();
  picker.title = vscode.l10n.t("Manage models");
  picker.placeholder = vscode.l10n.t("Choose the model that answers");
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.busy = true;
  // Until there is something to read, whoever takes the focus, as the walkthrough does, does not close it.
  picker.ignoreFocusOut = true;
  picker.show();
  try {
    const action = chosenAction(picker);
    const reply = await Promise.race([offer, action]);
    if (reply !== undefined && "stored" in reply) showModels(picker, reply, look);
    return await action;
  } finally {
    picker.dispose();
  }
}

function chosenAction(picker: vscode.QuickPick<ActionItem>): Promise<ModelAction | undefined> {
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0]?.action);
    });
    picker.onDidTriggerItemButton(({ item, button }) => {
      resolve(item.buttonActions?.[item.buttons?.indexOf(button) ?? -1]);
    });
    picker.onDidHide(() => {
      resolve(undefined);
    });
  });
}

function showModels(
  picker: vscode.QuickPick<ActionItem>,
  offer: ModelOffer,
  { currentModel, hasAllOffers, memoryBytes }: PickerLook,
): void {
  const { stored: reply, catalog, recentFolders, servers } = offer;
  const { sets } = catalog;
  const locale = displayLocale();
  const models = modelChoices(reply, { currentModel, recentFolders, locale, sets });
  const choices = models.map(choiceItem);
  const deletable = deletionActions(models, catalog.entries, servers);
  const { freeBytes } = catalog;
  const all = advise([...sets, ...catalog.entries], candidateOf, { memoryBytes, freeBytes });
  const offers = all
    // A model may be there and another precision of it on its way.
    .filter(({ model }) => hasAllOffers || !isThere(model) || model.isUnfinished)
    .map((offer) => ({ ...offer, freeBytes, isCurrent: offer.model.name === currentModel }));
  const isFitting = ({ advice }: Offer): boolean => isFit(advice);
  // Whoever has nothing yet is served by a set, and sees all of them.
  const isNew = offers.some(({ advice }) => advice.fit === "recommended");
  const leads = offers.filter((offer) => isNew && isFitting(offer) && isLead(offer));
  const fitting = offers.filter((other) => isFitting(other) && !leads.includes(other));
  const tooLarge = offers.filter((other) => !isFitting(other));
  const first = leads.map(offerItem);
  const others = isNew && leads.some(({ model }) => model.missing !== undefined);
  const onServers = serverItems(servers);
  const hasHeading = first.length > 0 || onServers.length > 0;
  picker.items = [
    ...first,
    ...(hasHeading ? [heading(vscode.l10n.t("On this machine"))] : []),
    ...choices,
    ...onServers,
    ...offerItems(others ? othersHeading() : vscode.l10n.t("Get a model"), fitting),
    ...offerItems(vscode.l10n.t("Too large for this machine"), tooLarge),
    ...laterItems(catalog.later),
    ...otherItems(reply, deletable),
  ];
  // Whoever has the demo alone is here for another one.
  const isServer = ({ action }: ActionItem): boolean =>
    action?.kind === "chooseServer" && currentModel === modelOfServer(action.endpoint.name);
  const current = choices.find(({ isCurrent }) => isCurrent) ?? onServers.find(isServer);
  const active = currentModel === DEMO_MODEL ? (first[0] ?? current) : current;
  if (active !== undefined) picker.activeItems = [active];
  picker.ignoreFocusOut = false;
  picker.busy = false;
}

/** What can be done besides choosing a model. */
function otherItems(
  reply: ModelOffer["stored"],
  deletable: ReturnType<typeof deletionActions>,
): readonly ActionItem[] {
  return [
    heading(""),
    {
      label: vscode.l10n.t("Import a BLIP-2 checkpoint folder…"),
      iconPath: new vscode.ThemeIcon("add"),
      alwaysShow: true,
      action: { kind: "import" },
    },
    addServerItem(),
    ...(deletable.length === 0
      ? []
      : [
          {
            label: vscode.l10n.t("Delete a model, a download or a server…"),
            iconPath: new vscode.ThemeIcon("trash"),
            alwaysShow: true,
            action: { kind: "remove", actions: deletable } as const,
          },
        ]),
    {
      label: vscode.l10n.t("Remove all models and caches…"),
      iconPath: new vscode.ThemeIcon("clear-all"),
      alwaysShow: true,
      action: { kind: "removeAll" },
    },
    {
      label: vscode.l10n.t("Open model folder"),
      description: vscode.l10n.t("{0} free", sizeText(reply.freeBytes)),
      detail: reply.folder,
      iconPath: new vscode.ThemeIcon("folder-opened"),
      alwaysShow: true,
      action: { kind: "reveal", folder: reply.folder },
    },
  ];
}

function choiceItem(choice: ModelChoice): ActionItem & { readonly isCurrent: boolean } {
  const { isCurrent, facts, title } = choice;
  const words = [...(isCurrent ? [vscode.l10n.t("in use")] : []), ...facts];
  const detail = detailOf(choice);
  const buttons = buttonsOf(choice);
  return {
    label: title,
    description: words.join(" · "),
    ...(detail === undefined ? {} : { detail }),
    iconPath: new vscode.ThemeIcon(iconOf(choice)),
    action: { kind: "choose", choice },
    buttons: buttons.map(({ button }) => button),
    buttonActions: buttons.map(({ action }) => action),
    isCurrent,
  };
}

/** They are not a choice, but who looks for one finds out why. */
function laterItems(later: readonly Result<"catalog">["later"][number][]): readonly ActionItem[] {
  if (later.length === 0) return [];
  return [
    heading(vscode.l10n.t("Imported from parts that you download")),
    ...later.map((entry): ActionItem => {
      return {
        label: entry.title,
        description: pixels(entry),
        detail: reasonText(entry),
        iconPath: new vscode.ThemeIcon("circle-slash"),
        action: { kind: "explain", entry },
      };
    }),
  ];
}

function pixels({ imageSize }: { readonly imageSize: number }): string {
  return vscode.l10n.t("sees {0} pixels", imageSize);
}

/** A published model, or a set of them, with what this machine has to say about it. */
interface Offer {
  readonly model: CatalogEntryReply;
  readonly advice: Advice;
  readonly freeBytes: number;
  /** The settings name a set of which a part is missing. */
  readonly isCurrent: boolean;
}

function isLead({ model, advice }: Offer): boolean {
  return advice.fit === "recommended" || model.missing !== undefined;
}

/** Of what is offered besides the sets. */
function othersHeading(): string {
  return vscode.l10n.t("Larger: BLIP-2, and single models");
}

function isFit({ fit }: Advice): boolean {
  return fit === "recommended" || fit === "fits";
}

function heading(label: string): ActionItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

/** Under a heading, which stands only where there is something below it. */
function offerItems(title: string, offers: readonly Offer[]): readonly ActionItem[] {
  return offers.length === 0 ? [] : [heading(title), ...offers.map(offerItem)];
}

function offerItem({ model: entry, advice, freeBytes, isCurrent }: Offer): ActionItem {
  const { title, partialBytes } = entry;
  const state = arrivalText(entry);
  const isAdvised = advice.fit === "recommended";
  const words = [
    isCurrent ? vscode.l10n.t("in use") : "",
    isAdvised ? adviceText(advice) : "",
    state,
  ].filter((word) => word !== "");
  // The sentence first, because what does not fit into the row is cut off.
  const details = [
    isFit(advice) ? "" : adviceText(advice),
    goodAtText(entry),
    ...costs(entry, advice),
  ];
  const discard = {
    iconPath: new vscode.ThemeIcon("trash"),
    tooltip: vscode.l10n.t("Delete the download"),
  };
  return {
    label: title,
    description: words.join(" · "),
    detail: details.filter((word) => word !== "").join(" · "),
    iconPath: new vscode.ThemeIcon(isAdvised ? "star-full" : "cloud-download"),
    action: { kind: "get", entry, freeBytes },
    buttons: partialBytes > 0 ? [discard] : [],
    buttonActions: partialBytes > 0 ? [{ kind: "discard", entry }] : [],
  };
}

/** What is here of it; empty for nothing. */
function arrivalText(entry: CatalogEntryReply): string {
  const { isCached, partialBytes, downloadBytes, missing = [], models } = entry;
  if (isCached) return vscode.l10n.t("in Hugging Face's cache");
  if (partialBytes === 0) {
    const isHalf = missing.length > 0 && models.length > 0;
    return isHalf ? vscode.l10n.t("{0} is here; download the rest", models.join(", ")) : "";
  }
  const doneBytes = partialBytes;
  const { done, total } = sizeParts({ doneBytes, totalBytes: downloadBytes });
  return vscode.l10n.t("{0} of {1} arrived; continue", done, total);
}

/** In the profile that it would be used in here. */
function costs(entry: CatalogEntryReply, advice: Advice): readonly string[] {
  const profile = "profile" in advice ? advice.profile : "small";
  const cost = candidateOf(entry).costs[profile];
  return [
    vscode.l10n.t("{0} to download", sizeText(entry.downloadBytes)),
    vscode.l10n.t("{0} of memory ({1})", sizeText(cost.memoryBytes), profile),
    entry.licence,
  ];
}

function iconOf({ isCurrent, state }: ModelChoice): string {
  if (state === "damaged" || state === "unknown") return "warning";
  // An icon that is not there keeps the names in one column.
  return isCurrent ? "check" : "blank";
}

function detailOf({ name, state, kind, problem, members }: ModelChoice): string | undefined {
  if (members !== undefined) {
    return vscode.l10n.t("Answers questions and describes pictures, with a model for each");
  }
  switch (state) {
    case "retrieval":
      return vscode.l10n.t("Compares pictures with texts; answers no questions");
    case "unknown":
      return vscode.l10n.t("The settings name it, but there is no such model");
    case "damaged":
      return problem;
    case "usable":
    case "outside":
      return name === DEMO_MODEL
        ? vscode.l10n.t("Knows coloured shapes only; comes with Sightline to try things out")
        : limitText(kind);
  }
}

/** What a model that writes cannot do; undefined where it can do all. */
function limitText(kind: ModelKind | undefined): string | undefined {
  if (kind === undefined) return undefined;
  const { answers, describes } = CAPABILITIES[kind];
  if (!answers) return vscode.l10n.t("Describes pictures; answers no questions");
  return describes
    ? undefined
    : vscode.l10n.t("Answers single questions; writes no alternative texts");
}

function buttonsOf(
  choice: ModelChoice,
): { readonly button: vscode.QuickInputButton; readonly action: ModelAction }[] {
  const { folder, canBeDeleted } = choice;
  const reveal = {
    iconPath: new vscode.ThemeIcon("folder-opened"),
    tooltip: vscode.l10n.t("Open the folder"),
  };
  const remove = { iconPath: new vscode.ThemeIcon("trash"), tooltip: vscode.l10n.t("Delete") };
  return [
    ...(folder === undefined
      ? []
      : [{ button: reveal, action: { kind: "reveal", folder } as const }]),
    ...(canBeDeleted ? [{ button: remove, action: { kind: "delete", choice } as const }] : []),
  ];
}
