/** The commands around models: choose, import, delete, show on disk, and start the engine anew. */

import { totalmem } from "node:os";
import * as vscode from "vscode";
import { DEMO_MODEL } from "../../model/folder/world";
import { reasonText } from "./catalogStrings";
import { withEngineProgress } from "../engine/engineProgress";
import { setHubMirror, setHubToken } from "./hubOptions";
import type { FeatureWith } from "../shell/lazyFeature";
import type { ModelCommandId } from "../shell/commandIds";
import { pickDeletion } from "./modelDeletion";
import { agreeToDownload, type Download } from "./modelDownload";
import { importCheckpoint, type ImportAction } from "./modelImport";
import { type ModelOffer, type ModelAction, pickModelAction } from "./modelPicker";
import { sizeText } from "../shell/numbers";
import { recentModels, rememberModel } from "./recentModels";
import { addServer } from "../servers/addServer";
import { removeServer } from "../servers/removeServer";
import { isAgreed, revoke, serversOf, setServerToken } from "../servers/remoteServers";
import type { ServerOffer } from "../servers/serverItems";
import type { Services } from "../shell/services";
import { stepDone } from "../shell/steps";
import { findWith, reportReady, useModel } from "./useModel";
import { removeEverything } from "./storeRemoval";
import { type ModelChoice, readProfile } from "../../host/models/modelChoices";
import { modelTitle } from "../../host/models/modelTitle";
import type { ModelKind, ProfileName } from "../../model/ask/kinds";
import { type AnyEndpoint, modelOfServer } from "../../model/ask/remoteEndpoint";
import type { CatalogEntryReply } from "../../protocol/methods";

/** Long enough to read, in ms. */
const NOTE_MS = 5000;

/** Makes the commands; nothing is asked of the engine before one of them runs. */
export function createModelManager(services: Services): FeatureWith<ModelCommandId> {
  const manager = new ModelManager(services);
  return {
    commands: {
      "sightline.manageModels": (profile) => manager.manage(readProfile(profile)),
      "sightline.importModel": (folder) =>
        manager.import(folder instanceof vscode.Uri ? { folder } : {}),
      "sightline.removeAllModels": () => removeEverything(services),
      "sightline.setHubToken": () => setHubToken(services.context),
      "sightline.setHubMirror": () => setHubMirror(services),
      "sightline.addServer": () => addServer(services),
      "sightline.setServerToken": () => setServerToken(services),
      "sightline.restartEngine": () => manager.restart(),
    },
    dispose: () => undefined,
  };
}

class ModelManager {
  readonly #services: Services;
  #isImporting = false;
  /** Names of the catalogue that are on their way. */
  readonly #coming = new Set<string>();

  constructor(services: Services) {
    this.#services = services;
  }

  /**
   * Shows the list, and shows it again after what changes it.
   * @param profile suggested for what is got or imported from there.
   */
  async manage(profile?: ProfileName): Promise<void> {
    const { settings, context } = this.#services;
    // Also one that was written into the settings by hand.
    await rememberModel(context.globalState, settings.model);
    for (;;) {
      const offer = this.#offer();
      // Looked at by the list, unless the user leaves before.
      offer.catch(() => undefined);
      const action = await pickModelAction(offer, {
        currentModel: settings.model,
        memoryBytes: totalmem(),
        // What is there already may be wanted once more, in another precision.
        hasAllOffers: profile !== undefined,
      });
      if (action === undefined || !(await this.#perform(action, profile))) return;
    }
  }

  /** Imports a checkpoint and offers to use it. */
  async import(action: ImportAction = {}): Promise<void> {
    if (this.#isImporting) {
      const text = vscode.l10n.t("A checkpoint is being imported. Wait for it, or cancel it.");
      void vscode.window.showInformationMessage(text);
      return;
    }
    this.#isImporting = true;
    const plan = await importCheckpoint(this.#services, action).finally(() => {
      this.#isImporting = false;
    });
    if (plan !== undefined) {
      await this.#offerUse(
        plan,
        vscode.l10n.t("{0} is imported and can answer questions.", plan.name),
      );
    }
  }

  async #offer(): Promise<ModelOffer> {
    const { engine, log } = this.#services;
    const [recentFolders, stored, catalog] = await Promise.all([
      recentModels(this.#services.context.globalState),
      engine.call("models", {}),
      // The models that are there can be used without it.
      engine.call("catalog", {}).catch((thrown: unknown) => {
        log.warn(`The catalogue cannot be shown: ${String(thrown)}`);
        return { freeBytes: 0, entries: [], sets: [], later: [] };
      }),
    ]);
    return { recentFolders, stored, catalog, servers: this.#servers() };
  }

  /** Models of this machine can be used where a server's entry has a mistake. */
  #servers(): readonly ServerOffer[] {
    const { settings } = this.#services;
    try {
      return serversOf(this.#services).map((endpoint) => {
        const chosen = endpoint.dialect === "kserve" ? settings.searchModel : settings.model;
        return {
          ...{ endpoint, isInUse: chosen === modelOfServer(endpoint.name) },
          isAgreed: isAgreed(this.#services, endpoint),
        };
      });
    } catch (thrown) {
      void this.#services.notices.show(thrown);
      return [];
    }
  }

  /** Gets a model of the catalogue and offers to use it. */
  async #get(
    { entry, freeBytes }: Extract<ModelAction, { kind: "get" }>,
    profile: ProfileName | undefined,
  ): Promise<void> {
    if (this.#coming.has(entry.name)) {
      const text = vscode.l10n.t("{0} is on its way. Wait for it, or cancel it.", entry.title);
      void vscode.window.showInformationMessage(text);
      return;
    }
    const download = await agreeToDownload(this.#services, entry, { freeBytes, profile });
    if (download === undefined) return;
    // Guarded by itself, so that trying again is to download again and not to choose again.
    await this.#services.notices.guard(() => this.#download(entry.name, download));
  }

  async #download(name: string, download: Download): Promise<void> {
    this.#coming.add(name);
    const added = await download().finally(() => {
      this.#coming.delete(name);
    });
    const text = vscode.l10n.t("{0} is here and can answer questions.", modelTitle(added.name));
    await this.#offerUse(added, text);
  }

  async #discard({ name, title }: CatalogEntryReply): Promise<void> {
    const { freedBytes } = await this.#services.engine.call("deleteDownload", { name });
    const freed = sizeText(freedBytes);
    const text = vscode.l10n.t("The download of {0} is deleted; {1} are free again.", title, freed);
    vscode.window.setStatusBarMessage(text, NOTE_MS);
  }

  async #offerUse(
    { name, kind }: { readonly name: string; readonly kind: ModelKind },
    text: string,
  ): Promise<void> {
    if (kind === "retrieval") {
      reportRetrieval(name);
      return;
    }
    stepDone("model");
    const use = vscode.l10n.t("Use It");
    const chosen = await vscode.window.showInformationMessage(text, use);
    if (chosen === use) await useModel(this.#services, name);
  }

  /** Ends the processes and loads the chosen model in a new one. */
  async restart(): Promise<void> {
    const title = vscode.l10n.t("Restarting Sightline's engine…");
    // Ending the processes takes a moment and cannot be stopped; loading a model may take long.
    await withEngineProgress({ title, place: "notification" }, async (options) => {
      await this.#services.engine.restart();
      await this.#services.engine.warmUp(options);
    });
    reportReady(this.#services);
  }

  /** @returns true when the list should come back. */
  async #perform(action: ModelAction, profile: ProfileName | undefined): Promise<boolean> {
    switch (action.kind) {
      case "choose":
        await this.#choose(action.choice);
        return false;
      case "delete":
        await this.#delete(action.choice);
        return true;
      case "reveal":
        await reveal(action.folder);
        return false;
      case "import":
        await this.import(profile === undefined ? {} : { profile });
        return false;
      case "get":
        await this.#get(action, profile);
        return false;
      case "discard":
        await this.#discard(action.entry);
        return true;
      case "explain":
        void vscode.window.showInformationMessage(
          `${action.entry.title}: ${reasonText(action.entry)}`,
        );
        return false;
      case "removeAll":
        await removeEverything(this.#services);
        return false;
      case "chooseServer":
        await this.#chooseServer(action.endpoint);
        return false;
      case "setServerToken":
        await setServerToken(this.#services, action.endpoint);
        return true;
      case "revokeServer":
        await revoke(this.#services, action.endpoint);
        await this.#services.engine.endRemote();
        return true;
      case "removeServer":
        await removeServer(this.#services, action.endpoint);
        return true;
      case "addServer":
        await addServer(this.#services);
        return false;
      case "remove": {
        const deletion = await pickDeletion(action.actions);
        return deletion === undefined || this.#perform(deletion, profile);
      }
    }
  }

  async #chooseServer({ name, dialect }: AnyEndpoint): Promise<void> {
    const model = modelOfServer(name);
    if (dialect === "kserve") await findWith(this.#services, model);
    else await useModel(this.#services, model);
  }

  async #choose(choice: ModelChoice): Promise<void> {
    switch (choice.state) {
      case "usable":
      case "outside":
        await useModel(this.#services, choice.name);
        return;
      case "retrieval":
        await findWith(this.#services, choice.name);
        return;
      case "damaged":
      case "unknown":
        await this.#offerHelp(choice);
    }
  }

  async #offerHelp(choice: ModelChoice): Promise<void> {
    const remove = vscode.l10n.t("Delete");
    const text =
      choice.problem ?? vscode.l10n.t("There is no model {0}. Choose another.", choice.title);
    const buttons = choice.canBeDeleted ? [remove] : [];
    const chosen = await vscode.window.showWarningMessage(text, ...buttons);
    if (chosen === remove) await this.#delete(choice);
  }

  async #delete(choice: ModelChoice): Promise<void> {
    if (!(await isDeletionAgreed(choice))) return;
    const { engine, settings } = this.#services;
    const title = vscode.l10n.t("Deleting {0}…", choice.title);
    const names = choice.members?.own ?? [choice.name];
    const freedBytes = await withEngineProgress({ title, place: "statusBar" }, async () => {
      let sum = 0;
      for (const name of names) sum += (await engine.call("deleteModel", { name })).freedBytes;
      return sum;
    });
    if (choice.isCurrent && choice.name !== DEMO_MODEL) await settings.setModel(DEMO_MODEL);
    if (settings.searchModel === choice.name) await settings.setSearchModel(undefined);
    const text = vscode.l10n.t(
      "{0} is deleted; {1} are free again.",
      choice.title,
      sizeText(freedBytes),
    );
    vscode.window.setStatusBarMessage(text, NOTE_MS);
  }
}

function reportRetrieval(name: string): void {
  const text = vscode.l10n.t(
    "{0} compares pictures with texts and cannot answer questions. Choose another model for that.",
    name,
  );
  void vscode.window.showInformationMessage(text);
}

async function isDeletionAgreed(choice: ModelChoice): Promise<boolean> {
  const { title, name, bytes, members } = choice;
  const remove = vscode.l10n.t("Delete");
  const freed = vscode.l10n.t("This frees {0}.", sizeText(bytes));
  const after =
    name === DEMO_MODEL
      ? vscode.l10n.t("The demo is made again when it is next used.")
      : members === undefined
        ? vscode.l10n.t("To have it again, import its checkpoint again.")
        : setDeletionText(members.kept);
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t("Delete {0}?", title),
    { modal: true, detail: `${freed} ${after}` },
    remove,
  );
  return chosen === remove;
}

/** @param kept models of a set that stay. */
function setDeletionText(kept: readonly string[]): string {
  return kept.length === 0
    ? vscode.l10n.t("Both of its models are deleted. To have them again, get them again.")
    : vscode.l10n.t("{0} stays, because something else uses it.", kept.join(", "));
}

/** Shows a folder in the system's file manager; where the editor is remote, in a window of its own. */
async function reveal(folder: string): Promise<void> {
  const uri = vscode.Uri.file(folder);
  // The store does not exist before its first model.
  await vscode.workspace.fs.createDirectory(uri);
  const isLocal =
    vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop;
  await (isLocal
    ? vscode.commands.executeCommand("revealFileInOS", uri)
    : vscode.commands.executeCommand("vscode.openFolder", uri, { forceNewWindow: true }));
}
