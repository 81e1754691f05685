/** Has a model compare the texts of the workspace with its pictures: on demand, and then as documents change. */

import * as vscode from "vscode";
import { rightText } from "../../audit/baseline";
import { isAbout, partnerIn } from "../../audit/comparable";
import { AppError } from "../../base/errors";
import { isBundled } from "../../model/folder/world";
import type { Result } from "../../protocol/methods";
import { requireImage } from "../documents/altRequired";
import { lookText, type WorkspacePictures } from "../indexing/workspacePictures";
import { withDelayedProgress } from "../shell/delayedProgress";
import type { CommandId } from "../shell/commandIds";
import type { Services } from "../shell/services";
import { findingAt } from "../audit/auditFixes";
import { addRightText } from "../audit/baselineFile";
import { comparedTexts, freshlyTold, type SentTexts } from "./comparedTexts";
import { checkAgain, checkWorkspace } from "../audit/workspaceAudit";

/**
 * Checks the workspace, looks at its pictures, and has each text compared with all of them.
 * @throws AppError as `checkWorkspace`, `WorkspacePictures.look` and the engine.
 */
export async function compareTexts(services: Services, pictures: WorkspacePictures): Promise<void> {
  const texts = comparedTexts(services);
  if (!(await mayCompare(services))) return;
  texts.forget();
  texts.isCompared = true;
  await checkWorkspace(services);
  const title = vscode.l10n.t("Comparing alt texts with pictures");
  await withDelayedProgress(title, async (run) => {
    await pictures.look({
      signal: run.signal,
      onProgress: (progress) => {
        run.report(lookText(progress), progress.nDone / Math.max(1, progress.nAll));
      },
    });
    await tellAgain(services, run.signal);
  });
}

/** Documents were checked again; what is told of all texts may be otherwise now. */
export async function tellAgain(services: Services, signal: AbortSignal): Promise<void> {
  const compared = comparedTexts(services);
  const fresh = await ask(services, compared.fresh(), signal);
  // The process ends when it is idle, and then knows nothing of before.
  const { mismatches } = fresh.isKnown ? fresh : await ask(services, compared.all(), signal);
  const changed = compared.tell(
    mismatches.flatMap(({ document, text, kind, fits, digest, partner }) => {
      const place = compared.textAt(document, text);
      if (place === undefined) return [];
      const name = vscode.workspace.asRelativePath(vscode.Uri.file(fits));
      const other = partner && compared.textAt(partner.document, partner.text);
      const swap = other && {
        partner: partnerIn(document, { ...other, document: String(other.uri) }),
      };
      return [{ ...place, kind, fits: name, digest, ...swap }];
    }),
  );
  await checkAgain(services, changed);
}

async function ask(
  services: Services,
  changed: readonly SentTexts[],
  signal: AbortSignal,
): Promise<Result<"findMismatches">> {
  const compared = comparedTexts(services);
  const { id: of, nDocuments } = compared;
  const sent = changed.map(({ document, texts }) => ({ document, texts: [...texts] }));
  const asked = { of, changed: sent, nDocuments };
  const reply = await services.engine.call("findMismatches", asked, { signal });
  compared.sent(changed);
  return reply;
}

/** Nearly all that the demo would say is wrong, so it is asked only where somebody wants that. */
async function mayCompare({ engine, settings }: Services): Promise<boolean> {
  const title = vscode.l10n.t("Loading the model that compares");
  const { model } = await withDelayedProgress(title, ({ signal }) =>
    engine.call("findMismatches", { of: "", changed: [], nDocuments: 0 }, { signal }),
  );
  if (!isBundled(model) || settings.compareWithDemo) return true;
  const manage = vscode.l10n.t("Manage Models…");
  const text = vscode.l10n.t(
    "Only the demo compares pictures with texts here, and nearly all that it would say is wrong. Get a model that compares, or turn on `sightline.audit.compareWithDemo`.",
  );
  if ((await vscode.window.showInformationMessage(text, manage)) === manage) {
    await vscode.commands.executeCommand("sightline.manageModels" satisfies CommandId);
  }
  return false;
}

/**
 * Remembers that a text is right for its picture, so that a model's opinion is told no more.
 * @param args what the lightbulb gives; without any the picture at the cursor.
 * @throws AppError as `requireImage`, `addRightText`; `document.changed` where nothing is told of it.
 */
export async function textIsRight(services: Services, args: readonly unknown[]): Promise<void> {
  const image = await requireImage(services, args);
  const { uri } = image.document;
  const place = (await findingAt(services, image))?.picture;
  const told = await freshlyTold(services, uri);
  const found = told.find((each) => place !== undefined && isAbout(each, place));
  if (found === undefined) {
    throw new AppError(
      "document.changed",
      vscode.l10n.t("No model doubts the text of this picture."),
    );
  }
  await addRightText(services, uri, rightText(found.digest, found.alt));
}
