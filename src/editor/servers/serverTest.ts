/** "Test It": asks a server that was just added about a picture that is drawn here and shows nothing of the user's. */

import * as vscode from "vscode";
import { cleanText } from "../../base/cleanText";
import type { ScoreRequest } from "../../model/ask/request";
import { type AnyEndpoint, modelOfServer } from "../../model/ask/remoteEndpoint";
import { useModel } from "../models/useModel";
import { withDelayedProgress } from "../shell/delayedProgress";
import { shareText } from "../shell/numbers";
import type { Services } from "../shell/services";

type Given = Pick<Services, "engine" | "settings" | "notices">;

/** A red circle on white. */
const DRAWN = `<svg xmlns="http://www.w3.org/2000/svg" width="224" height="224"><rect width="224" height="224" fill="white"/><circle cx="112" cy="112" r="80" fill="red"/></svg>`;
/** Longer than what is said of it. */
const MAX_TOKENS = 20;
const MAX_SAID = 200;

/** Says that the server is there to be chosen, and offers to use it at once. */
export async function offerTest(services: Given, endpoint: AnyEndpoint): Promise<void> {
  const test = vscode.l10n.t("Test It");
  const text =
    endpoint.dialect === "kserve"
      ? vscode.l10n.t(
          "The server {0} is added. From the test on it finds pictures and compares them with texts.",
          endpoint.name,
        )
      : vscode.l10n.t(
          "The server {0} is added. From the test on it answers in the place of this machine.",
          endpoint.name,
        );
  const chosen = await vscode.window.showInformationMessage(text, test);
  if (chosen !== test) return;
  // Guarded by itself, so that trying again is to test again and not to add again.
  await services.notices.guard(() => testServer(services, endpoint));
}

/** @throws AppError as the engine's. */
async function testServer(services: Given, endpoint: AnyEndpoint): Promise<void> {
  const { host } = new URL(endpoint.url);
  const said =
    endpoint.dialect === "kserve"
      ? await compared(services, endpoint.name)
      : await described(services, endpoint.name);
  const drawn = vscode.l10n.t("{0} was sent a red circle that was drawn here.", host);
  void vscode.window.showInformationMessage(`${drawn} ${said}`);
}

/** What it writes; a server that does not work is not chosen. */
async function described(services: Given, name: string): Promise<string> {
  await useModel(services, modelOfServer(name));
  const request = {
    ...{ image: new TextEncoder().encode(DRAWN), imageName: "the drawing" },
    ...{ prompt: { kind: "caption" } as const, options: { maxNewTokens: MAX_TOKENS } },
  };
  const title = vscode.l10n.t("Waiting for the answer of {0}…", name);
  const { sequences } = await withDelayedProgress(title, ({ signal }) =>
    services.engine.generate(request, { signal }),
  );
  const text = cleanText(sequences[0]?.text ?? "", MAX_SAID).trim();
  return text === ""
    ? vscode.l10n.t("It works, but said nothing.")
    : vscode.l10n.t("It says: “{0}”", text);
}

/** How well a text fits; a server that does not work is not chosen. */
async function compared({ engine, settings }: Given, name: string): Promise<string> {
  const before = settings.searchModel;
  await settings.setSearchModel(modelOfServer(name));
  try {
    const request: ScoreRequest = {
      ...{ image: new TextEncoder().encode(DRAWN), imageName: "the drawing" },
      texts: ["a red circle"],
    };
    const params = { ...request, texts: [...request.texts] };
    const title = vscode.l10n.t("Waiting for the answer of {0}…", name);
    const { result } = await withDelayedProgress(title, ({ signal }) =>
      engine.call("compareWithTexts", params, { signal }),
    );
    const [score] = result.scores;
    return vscode.l10n.t(
      "It says that “a red circle” fits with {0}.",
      shareText({ doneBytes: score?.itm ?? 0, totalBytes: 1 }),
    );
  } catch (thrown) {
    await settings.setSearchModel(before);
    throw thrown;
  }
}
