/**
 * "Add a Remote Engine…": asks step by step for what the setting says of a server, and asks the server for its models
 * meanwhile. Nothing is written before the last step, and then all or nothing.
 */

import * as vscode from "vscode";
import { AppError, isCancelled } from "../../base/errors";
import { remedy } from "../../host/notices/noticeTable";
import {
  readAllEndpoints,
  type RemoteFamily,
  safeAddress,
  type ServerDialect,
} from "../../model/ask/remoteEndpoint";
import { withDelayedProgress } from "../shell/delayedProgress";
import type { Services } from "../shell/services";
import {
  chooseStep,
  goThrough,
  type Step,
  type StepEnd,
  type StepPlace,
  textStep,
} from "./guidedSteps";
import {
  agreeToSend,
  entryName,
  isAgreed,
  keepToken,
  revoke,
  SERVERS_SETTING,
} from "./remoteServers";
import { offerTest } from "./serverTest";

type Given = Pick<Services, "context" | "engine" | "settings" | "notices">;

/** What was answered so far. */
interface Draft {
  dialect: ServerDialect;
  address: string;
  name: string;
  token: string;
  model: string;
  family: RemoteFamily;
  imageSize: number;
}

/** No model is called so. */
const OTHER = "";

/** Which step is shown again when the server did not answer. */
const STEP = { address: 2, token: 4 } as const;

/**
 * Leads to a server that can be used, and offers to test it.
 * @throws AppError `remote.denied` in a workspace that is not trusted, and what writing the setting fails with.
 */
export async function addServer(services: Given): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    const text = vscode.l10n.t("In a workspace that is not trusted nothing is sent to a server.");
    throw new AppError("remote.denied", text, { detail: remedy("trust") });
  }
  const draft: Draft = {
    ...{ dialect: "transformers", address: "", name: "", token: "" },
    ...{ model: "", family: "opt", imageSize: 224 },
  };
  if (!(await new ServerQuestions(services, draft).ask())) return;
  const entry = entryOf(draft);
  const [endpoint] = readAllEndpoints([entry], SERVERS_SETTING);
  if (endpoint === undefined) return;
  const wasAgreed = isAgreed(services, endpoint);
  if (!wasAgreed && !(await agreeToSend(services, endpoint))) return;
  const { settings, context } = services;
  const forget = await keepToken(context, endpoint, draft.token);
  try {
    await settings.setRemoteEndpoints([...settings.remoteEndpoints, entry]);
  } catch (thrown) {
    await forget();
    if (!wasAgreed) await revoke(services, endpoint);
    throw thrown;
  }
  await offerTest(services, endpoint);
}

/** As the setting has it; what every server has by itself is left out. */
function entryOf({ dialect, address, name, model, family, imageSize }: Draft): object {
  const common = { name, url: safeAddress(address), dialect, model };
  if (dialect === "kserve") return common;
  return { ...common, family, ...(imageSize === 224 ? {} : { imageSize }) };
}

class ServerQuestions {
  readonly #services: Given;
  readonly #draft: Draft;
  /** What the server says that it has; it may have more. */
  #models: readonly string[] = [];

  constructor(services: Given, draft: Draft) {
    this.#services = services;
    this.#draft = draft;
  }

  /** @returns false when somebody left. */
  async ask(): Promise<boolean> {
    const title = vscode.l10n.t("Add a Remote Engine");
    const steps: readonly Step[] = [
      (place) => this.#dialect(place),
      (place) => this.#address(place),
      (place) => this.#name(place),
      (place) => this.#token(place),
      (place) => this.#model(place),
      (place) => this.#kind(place),
    ];
    return await goThrough(title, steps);
  }

  #dialect(place: StepPlace): Promise<StepEnd> {
    const draft = this.#draft;
    const items = [
      {
        label: vscode.l10n.t("transformers serve, or Ray Serve"),
        detail: vscode.l10n.t("Answers questions and writes texts"),
        value: "transformers" as const,
      },
      {
        label: "vLLM",
        detail: vscode.l10n.t(
          "Answers questions and writes texts, with BLIP-2 OPT only. Written from vLLM's sources and not tried against it",
        ),
        value: "vllm" as const,
      },
      {
        label: vscode.l10n.t("KServe v2: Triton and others"),
        detail: vscode.l10n.t(
          "Runs the graphs of a model that is here, too: finds pictures and compares them with texts; answers no questions",
        ),
        value: "kserve" as const,
      },
    ];
    const placeholder = vscode.l10n.t("What runs on the server?");
    const isActive = (value: ServerDialect): boolean => value === draft.dialect;
    return chooseStep<ServerDialect>(place, { placeholder, items, isActive }, (value) => {
      draft.dialect = value;
    });
  }

  #address(place: StepPlace): Promise<StepEnd> {
    const draft = this.#draft;
    const prompt = vscode.l10n.t(
      "Its address, such as https://gpu.example or http://127.0.0.1:8000",
    );
    return textStep(place, { prompt, value: draft.address, problemOf: addressProblem }, (text) => {
      draft.address = text;
    });
  }

  #name(place: StepPlace): Promise<StepEnd> {
    const draft = this.#draft;
    const { settings } = this.#services;
    const taken = settings.remoteEndpoints.flatMap((entry) => entryName(entry) ?? []);
    const prompt = vscode.l10n.t("What you want to call it here");
    const host = new URL(draft.address).hostname.replaceAll(/[[\]]/g, "");
    const value = draft.name === "" ? freeName(host, taken) : draft.name;
    const problemOf = (text: string): string | undefined => nameProblem(text, taken);
    return textStep(place, { prompt, value, problemOf }, (text) => {
      draft.name = text;
    });
  }

  async #token(place: StepPlace): Promise<StepEnd> {
    const draft = this.#draft;
    const { origin } = new URL(draft.address);
    const prompt = vscode.l10n.t(
      "Its token, or nothing where it wants none. It is kept in the system's secret storage and sent only to {0}, which is then asked for its models. No picture is sent yet.",
      origin,
    );
    const more = { value: draft.token, password: true, problemOf: tokenProblem };
    const end = await textStep(place, { prompt, ...more }, (text) => {
      draft.token = text;
    });
    return end === "next" ? await this.#askServer(place) : end;
  }

  /** Asks until the server answers, or somebody changes something or leaves. */
  async #askServer(place: StepPlace): Promise<StepEnd> {
    const { dialect, address, name, token } = this.#draft;
    const url = safeAddress(address) ?? "";
    const title = vscode.l10n.t("Asking {0} for its models…", new URL(url).host);
    for (;;) {
      try {
        const params = { name, url, dialect, ...(token === "" ? {} : { token }) };
        const { models, candidates } = await withDelayedProgress(title, ({ signal }) =>
          this.#services.engine.call("serverModels", params, { signal }),
        );
        if (dialect === "kserve" && models.length === 0) throw noGraphs(candidates);
        this.#models = models;
        return "next";
      } catch (thrown) {
        if (isCancelled(thrown)) return place.step;
        const how = await this.#afterFailure(AppError.from(thrown), url);
        if (how !== "again") return how;
      }
    }
  }

  /** What happened, at which address, and what can be done. */
  async #afterFailure({ message }: AppError, url: string): Promise<StepEnd | "again"> {
    const again = vscode.l10n.t("Try Again");
    const change = vscode.l10n.t("Change the Address");
    const token = vscode.l10n.t("Change the Token");
    const chosen = await vscode.window.showWarningMessage(
      vscode.l10n.t("The server at {0} cannot be used yet.", url),
      { modal: true, detail: message },
      again,
      change,
      token,
    );
    if (chosen === undefined) return "leave";
    return chosen === again ? "again" : chosen === change ? STEP.address : STEP.token;
  }

  async #model(place: StepPlace): Promise<StepEnd> {
    const draft = this.#draft;
    if (this.#models.length === 0) return await this.#otherModel(place);
    const isOpen = draft.dialect !== "kserve";
    const items = this.#models.map((model) => ({ label: model, value: model }));
    const other = { label: vscode.l10n.t("Another model…"), value: OTHER };
    const placeholder = isOpen
      ? vscode.l10n.t("Which of its models answers?")
      : vscode.l10n.t("Which model of this machine does it run the graphs of?");
    const isActive = (value: string): boolean => value === draft.model;
    const lines = { placeholder, items: isOpen ? [...items, other] : items, isActive };
    let chosen = draft.model;
    const end = await chooseStep(place, lines, (value) => {
      chosen = value;
    });
    if (end !== "next") return end;
    if (chosen === OTHER) return await this.#otherModel(place);
    this.#takeModel(chosen);
    return end;
  }

  /** Some servers do not say all that they have. */
  async #otherModel(place: StepPlace): Promise<StepEnd> {
    const prompt = vscode.l10n.t(
      "The model as the server calls it, such as Salesforce/blip2-opt-2.7b",
    );
    const problemOf = (text: string): string | undefined =>
      text === "" ? vscode.l10n.t("Write the name of a model.") : textProblem(text);
    return await textStep(place, { prompt, value: this.#draft.model, problemOf }, (text) => {
      this.#takeModel(text);
    });
  }

  /** What its name says of it is on the line that the keyboard is on. */
  #takeModel(model: string): void {
    const draft = this.#draft;
    if (draft.model === model) return;
    draft.model = model;
    draft.family = /t5/i.test(model) && draft.dialect === "transformers" ? "t5" : "opt";
    draft.imageSize = /coco/i.test(model) ? 364 : 224;
  }

  async #kind(place: StepPlace): Promise<StepEnd> {
    const draft = this.#draft;
    // What runs graphs of a model of this machine is known by that.
    if (draft.dialect === "kserve") return "next";
    const families: readonly RemoteFamily[] = draft.dialect === "vllm" ? ["opt"] : ["opt", "t5"];
    const items = families.flatMap((family) =>
      [224, 364].map((imageSize) => ({
        label: vscode.l10n.t(
          "{0}, pictures of {1} × {1} pixels",
          family === "opt" ? "OPT" : "Flan-T5",
          imageSize,
        ),
        ...(imageSize === 364 ? { detail: vscode.l10n.t("Fine-tuned on COCO") } : {}),
        value: { family, imageSize },
      })),
    );
    const placeholder = vscode.l10n.t("Which language model writes, and what does it see?");
    const isActive = ({ family, imageSize }: Pick<Draft, "family" | "imageSize">): boolean =>
      family === draft.family && imageSize === draft.imageSize;
    return await chooseStep(place, { placeholder, items, isActive }, (value) => {
      Object.assign(draft, value);
    });
  }
}

/** The server has none of the graphs that it could be used with. */
function noGraphs(candidates: readonly string[]): AppError {
  const text =
    candidates.length === 0
      ? vscode.l10n.t(
          "No model that compares is on this machine, whose graphs the server could run. Get one in Manage Models first.",
        )
      : vscode.l10n.t(
          "It answers, and has the graphs of none of these models: {0}. Export one with “sightline export triton”, and start the server with it.",
          candidates.join(", "),
        );
  return new AppError("model.missing", text);
}

function addressProblem(text: string): string | undefined {
  if (safeAddress(text) !== undefined) return undefined;
  if (!/^https?:\/\//i.test(text)) {
    return vscode.l10n.t("It must begin with https://, or with http:// for this machine.");
  }
  if (!URL.canParse(text)) return vscode.l10n.t("This is no address.");
  return new URL(text).password !== "" || new URL(text).username !== ""
    ? vscode.l10n.t("Leave the password out: the token is asked for later.")
    : vscode.l10n.t("Pictures go only over https://, unless the server is this machine.");
}

function nameProblem(text: string, taken: readonly string[]): string | undefined {
  if (text === "") return vscode.l10n.t("Write a name.");
  if (taken.includes(text)) return vscode.l10n.t("There is a server {0} already.", text);
  return textProblem(text);
}

/** What cannot be sent in a header would fail later and say nothing of the reason. */
function tokenProblem(text: string): string | undefined {
  return /^[\x21-\x7e]*$/.test(text)
    ? undefined
    : vscode.l10n.t("A token has letters, digits and signs, and no blanks.");
}

function textProblem(text: string): string | undefined {
  return text.length <= MAX_NAME && !/\p{C}/u.test(text)
    ? undefined
    : vscode.l10n.t("Write at most {0} characters, all of them visible.", MAX_NAME);
}

const MAX_NAME = 200;

function freeName(host: string, taken: readonly string[]): string {
  const names = [host, ...taken.map((_, i) => `${host}-${i + 2}`)];
  return names.find((name) => !taken.includes(name)) ?? host;
}
