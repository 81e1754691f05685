/** Lets a model learn from the workspace's alternative texts; loaded with the command. */

import * as vscode from "vscode";
import { isCancelled } from "../../base/errors";
import { optional } from "../../base/optional";
import { MIN_PAIRS, type FitTaskName } from "../../model/ask/kinds";
import { remoteName } from "../../model/ask/remoteName";
import type { Params, Result } from "../../protocol/methods";
import { modelTitle } from "../../host/models/modelTitle";
import { documentFolders } from "../audit/documentBatches";
import { withEngineProgress } from "../engine/engineProgress";
import { useModel } from "../models/useModel";
import type { LearningCommandId } from "../shell/commandIds";
import type { FeatureWith } from "../shell/lazyFeature";
import type { Services } from "../shell/services";
import {
  consentText,
  costText,
  foundText,
  reportText,
  stageText,
  taskText,
} from "./learningStrings";
import { collectPairs, type WorkspacePairs } from "./workspacePairs";

type Estimate = Result<"planLearning">;
type Plan = Estimate["plans"][number];
type Request = Params<"learn">;

export function createLearning(services: Services): FeatureWith<LearningCommandId> {
  const learning = new Learning(services);
  return {
    commands: { "sightline.learnFromAltTexts": () => learning.start() },
    dispose: () => undefined,
  };
}

class Learning {
  readonly #services: Services;
  #isBusy = false;

  constructor(services: Services) {
    this.#services = services;
  }

  /** From the texts of the workspace to a model that is in use; each step may be left. */
  async start(): Promise<void> {
    if (this.#isBusy) {
      const text = vscode.l10n.t("A model is learning already. Wait for it, or cancel it.");
      void vscode.window.showInformationMessage(text);
      return;
    }
    this.#isBusy = true;
    try {
      const request = await this.#agree();
      if (request !== undefined) await this.#learn(request);
    } catch (thrown) {
      if (!isCancelled(thrown)) throw thrown;
    } finally {
      this.#isBusy = false;
    }
  }

  /** What the user wants to be learnt; undefined when they changed their mind. */
  async #agree(): Promise<Request | undefined> {
    const [folder] = documentFolders();
    const found = await collectPairs(this.#services);
    if (found.pairs.length < MIN_PAIRS) {
      const few = vscode.l10n.t("At least {0} are needed to learn from.", MIN_PAIRS);
      void vscode.window.showInformationMessage(`${foundText(found)} ${few}`);
      return undefined;
    }
    const { engine, settings } = this.#services;
    const models = {
      answering: settings.model,
      ...optional({ comparing: localModel(settings.searchModel) }),
    };
    const title = vscode.l10n.t("Estimating what learning takes…");
    const estimate = await withEngineProgress({ title, place: "notification" }, (options) =>
      engine.call("planLearning", { pairs: found.pairs, ...models }, options),
    );
    const plan = await pickPlan(found, estimate);
    if (plan === undefined || !(await isAgreed(found, plan, estimate))) return undefined;
    const { task, model } = plan;
    return { pairs: found.pairs, folder: folder?.uri.fsPath ?? "", task, model };
  }

  async #learn(request: Request): Promise<void> {
    const { engine, log } = this.#services;
    let result: Result<"learn">;
    try {
      result = await withLearningProgress(modelTitle(request.model), (options) =>
        engine.call("learn", request, options),
      );
    } catch (thrown) {
      if (isCancelled(thrown)) void this.#stopped(request);
      throw thrown;
    }
    log.info(`Learnt from alternative texts: ${JSON.stringify(result)}`);
    await this.#offer(request, result);
  }

  /** What was done is kept, because it may have taken an hour. */
  async #stopped(request: Request): Promise<void> {
    const forget = vscode.l10n.t("Delete What Was Learnt");
    const text = vscode.l10n.t(
      "Learning was stopped. With the same texts, the same command goes on from there.",
    );
    if ((await vscode.window.showInformationMessage(text, forget)) !== forget) return;
    await this.#services.notices.guard(() => this.#services.engine.call("forgetLearning", request));
  }

  async #offer({ task, model: from }: Request, result: Result<"learn">): Promise<void> {
    const { newModel } = result;
    const show = vscode.l10n.t("Show Report");
    if (newModel === undefined) {
      const text = vscode.l10n.t(
        "The held-out pictures got no better, so there is no new model. {0} stays as it is.",
        modelTitle(from),
      );
      const chosen = await vscode.window.showInformationMessage(text, show);
      if (chosen === show) await showReport(text, result);
      return;
    }
    const use = vscode.l10n.t("Use It");
    const text = vscode.l10n.t(
      "{0} has learnt from your texts. The new model is {1}.",
      from,
      newModel,
    );
    let chosen = await vscode.window.showInformationMessage(text, use, show);
    if (chosen === show) chosen = await showReport(text, result, use);
    if (chosen === use) await this.#use(task, newModel);
  }

  /** Changes over, and offers the way back; both models stay in the list of models. */
  async #use(task: FitTaskName, model: string): Promise<void> {
    const { settings } = this.#services;
    const back = vscode.l10n.t("Switch Back");
    if (task === "captions") {
      const before = settings.model;
      await useModel(this.#services, model);
      const text = vscode.l10n.t("Sightline answers with {0}.", model);
      const chosen = await vscode.window.showInformationMessage(text, back);
      if (chosen === back) await useModel(this.#services, before);
      return;
    }
    const before = settings.searchModel;
    await settings.setSearchModel(model);
    const text = vscode.l10n.t("Sightline finds pictures with {0}.", model);
    if ((await vscode.window.showInformationMessage(text, back)) !== back) return;
    await settings.setSearchModel(before);
  }
}

async function pickPlan(
  found: WorkspacePairs,
  { plans, refusals }: Estimate,
): Promise<Plan | undefined> {
  if (plans.length === 0) {
    void vscode.window.showWarningMessage(refusals.join(" "));
    return undefined;
  }
  const items = plans.map((plan) => ({
    label: taskText(plan.task),
    description: modelTitle(plan.model),
    detail: costText(plan),
    plan,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Learn from {0} alt texts", found.pairs.length),
    placeHolder: vscode.l10n.t("Choose what the model is to learn"),
  });
  return chosen?.plan;
}

async function isAgreed(found: WorkspacePairs, plan: Plan, estimate: Estimate): Promise<boolean> {
  const go = vscode.l10n.t("Learn");
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t("Let {0} learn from {1} alt texts?", modelTitle(plan.model), found.pairs.length),
    { modal: true, detail: consentText(found, plan, estimate) },
    go,
  );
  return chosen === go;
}

async function showReport(
  title: string,
  result: Result<"learn">,
  ...buttons: readonly string[]
): Promise<string | undefined> {
  const options = { modal: true, detail: reportText(result) };
  return await vscode.window.showInformationMessage(title, options, ...buttons);
}

/** A cancel is seen at once, though the step is taken to its end. */
async function withLearningProgress<T>(
  model: string,
  work: (options: Parameters<Services["engine"]["call"]>[2]) => Promise<T>,
): Promise<T> {
  const title = vscode.l10n.t("{0} is learning", model);
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return await vscode.window.withProgress(options, async (progress, token) => {
    const controller = new AbortController();
    const subscription = token.onCancellationRequested(() => {
      progress.report({ message: vscode.l10n.t("stopping after this step…") });
      controller.abort();
    });
    let shown = 0;
    try {
      return await work({
        signal: controller.signal,
        onStage: (stage) => {
          const { nDone = 0, nAll = 0 } = stage;
          const share = stage.stage === "learn" && nAll > 0 ? (100 * nDone) / nAll : shown;
          progress.report({ message: stageText(stage), increment: Math.max(0, share - shown) });
          shown = Math.max(shown, share);
        },
      });
    } finally {
      subscription.dispose();
    }
  });
}

/** A server learns nothing. */
function localModel(name: string | undefined): string | undefined {
  return remoteName(name) === undefined ? name : undefined;
}
