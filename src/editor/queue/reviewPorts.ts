/** What a review asks of the editor: documents, pictures, a model, and words. */

import * as vscode from "vscode";
import { AppError, isCancelled } from "../../base/errors";
import { markDecorative, readableAlt, setAlt } from "../../alt/edit/editAlt";
import { languageOfDocument } from "../../alt/languages";
import { altTexts } from "../../alt/write/describer";
import { RULE_IDS } from "../../audit/rule";
import { ruleOf } from "../../audit/ruleTable";
import { suppressEdits } from "../../audit/suppressComment";
import { Suppressions } from "../../audit/suppressions";
import { askAbout } from "../../host/documents/askAbout";
import type { Picture } from "../../host/pictures/picture";
import type { ReviewPorts } from "../../host/review/applyReview";
import type { PlannedChange } from "../../host/review/documentPlan";
import type { Descriptions, LookaheadPorts, Unable } from "../../host/review/lookahead";
import type { ReviewItem } from "../../host/review/reviewQueue";
import type { ReviewSessionPorts } from "../../host/review/reviewSession";
import { setNamed } from "../../model/ask/modelSets";
import type { Doubt } from "../../model/ask/request";
import type { Decision, LookView } from "../../protocol/views/reviewMessages";
import { fileName } from "../documents/altDocument";
import { readPlace, refuseRemote } from "../documents/altPicture";
import { openAt } from "../documents/documentTexts";
import { SingleLookup } from "../pictures/fileLookup";
import { askToFetch } from "../pictures/remotePictures";
import type { Services } from "../shell/services";
import { finderFor } from "./reviewFinder";
import { EditorDocuments } from "./reviewDocuments";
import { scopeText, type ReviewGatherer } from "./reviewGather";
import { writingNotes } from "../review/writingNotes";

/** Of the copy of a picture, in pixels: as large as a panel shows it on a screen with small pixels. */
const COPY_SIDE = 1024;
/** As many as can be compared at a glance. */
const N_TEXTS = 3;

/** What a session is given. */
export function sessionPorts(services: Services, gatherer: ReviewGatherer): ReviewSessionPorts {
  const { context, log, settings } = services;
  return {
    gather: (scope, signal) => gatherer.gather(scope, signal),
    changeFor: (item, decision) => changeFor(gatherer, item, decision),
    review: reviewPorts(services),
    lookahead: new PictureWork(services, gatherer).ports(),
    isLookingAhead: () => settings.prepareAhead,
    mayFetch: (item) => mayFetch(services, gatherer, item),
    notes: () =>
      writingNotes(services, gatherer.languages).map(({ text, action }) => ({
        text,
        actions: action === undefined ? [] : [{ id: action.command, label: action.label }],
      })),
    scopeText,
    memento: context.workspaceState,
    log,
  };
}

/** What applying and taking back need, also without a page. */
export function reviewPorts(services: Services): ReviewPorts {
  const { storageUri, globalStorageUri } = services.context;
  return {
    documents: new EditorDocuments(),
    planPorts: async (address, text) => {
      const uri = vscode.Uri.parse(address, true);
      const language = languageOfDocument(openAt(uri)?.languageId ?? "", uri.path);
      if (language === undefined) throw new AppError("document.unreadable", changedText(uri));
      const document = { uri, getText: () => text };
      const find = await finderFor(services, {
        document,
        language,
        lookup: new SingleLookup(),
      });
      const misread = vscode.l10n.t(
        "{0} would be read as something else with that, so it was not written.",
        fileName(uri),
      );
      return { find, texts: { changed: changedText(uri), misread } };
    },
    journals: {
      folder: vscode.Uri.joinPath(storageUri ?? globalStorageUri, "reviews").fsPath,
      noJournal: vscode.l10n.t(
        "The journal by which a review is taken back cannot be written, so nothing more is written. Check the free space.",
      ),
    },
    now: () => new Date(),
    notThere: (address) =>
      vscode.l10n.t("{0} holds something else by now, so it was left as it is.", nameOf(address)),
    partThere: (address, nLost) =>
      vscode.l10n.t("{0} was changed since; texts that stay: {1}.", nameOf(address), nLost),
  };
}

function nameOf(address: string): string {
  return vscode.workspace.asRelativePath(vscode.Uri.parse(address, true));
}

function changedText(uri: vscode.Uri): string {
  return vscode.l10n.t("The picture in {0} was changed or is gone.", fileName(uri));
}

function changeFor(
  gatherer: ReviewGatherer,
  { id: itemId, view }: ReviewItem,
  { kind, text: words = "" }: Decision,
): Pick<PlannedChange, "edits" | "isDone"> | undefined {
  switch (kind) {
    case "text":
      return {
        edits: (text, reference) => setAlt(text, reference, words),
        isDone: (_, reference) =>
          reference.altState === "text" && reference.alt === readableAlt(reference, words),
      };
    case "decorative":
      return { edits: markDecorative, isDone: (_, { isDecorative }) => isDecorative };
    case "suppress": {
      const id = RULE_IDS.find((known) => known === view.rule);
      if (id === undefined) return undefined;
      const rule = ruleOf(id);
      const find = { components: gatherer.placeOf(itemId)?.components ?? [] };
      return {
        edits: (text, reference) => {
          const edits = suppressEdits(text, reference, { rule, find });
          if (edits.length > 0) return edits;
          const reason = vscode.l10n.t("No comment can stand beside this picture.");
          throw new AppError("document.notEditable", reason);
        },
        isDone: (text, { span }) =>
          new Suppressions(text, { honorsOthers: false }).covers(span, rule),
      };
    }
    case "skip":
      return undefined;
  }
}

async function mayFetch(
  services: Services,
  gatherer: ReviewGatherer,
  { id, uri }: ReviewItem,
): Promise<boolean> {
  const place = gatherer.placeOf(id)?.place;
  if (place === undefined || place instanceof AppError || place.kind !== "remote") return false;
  const document = { uri: vscode.Uri.parse(uri, true), getText: () => "" };
  refuseRemote(services, { document }, place.url);
  const isAgreed = await askToFetch(services.settings, [place.url]);
  if (isAgreed(place.url)) gatherer.agreed.add(place.url.href);
  return isAgreed(place.url);
}

/** Reads, copies and describes pictures. */
class PictureWork {
  readonly #services: Services;
  readonly #gatherer: ReviewGatherer;
  /** The model that is known not to compare pictures with texts. */
  #cannotScore: string | undefined;

  constructor(services: Services, gatherer: ReviewGatherer) {
    this.#services = services;
    this.#gatherer = gatherer;
  }

  ports(): ReviewSessionPorts["lookahead"] {
    return {
      read: (item, signal) => this.#read(item, signal),
      copy: (picture, signal) => this.#copy(picture, signal),
      describe: (picture, signal) => this.#describe(picture, signal),
      score: (...given) => this.#score(...given),
      sentenceOf: (error) => this.#services.notices.describe(error).text,
    };
  }

  async #read({ id }: ReviewItem, signal: AbortSignal): Promise<Picture | undefined> {
    const place = this.#gatherer.placeOf(id)?.place;
    if (place === undefined || place instanceof AppError) {
      throw place ?? new AppError("image.missing", vscode.l10n.t("There is no such picture."));
    }
    if (place.kind === "remote") {
      const { href, host } = place.url;
      const isAllowed = this.#services.settings.remoteHosts.includes(host);
      if (!isAllowed && !this.#gatherer.agreed.has(href)) return undefined;
    }
    return readPlace(this.#services, place, signal);
  }

  async #copy({ bytes, name }: Picture, signal: AbortSignal): Promise<LookView> {
    const params = { image: bytes, imageName: name, maxSide: COPY_SIDE };
    const copy = await this.#services.engine.call("thumbnail", params, { signal });
    const picture = `data:image/webp;base64,${Buffer.from(copy.image).toString("base64")}`;
    return { state: "shown", picture, width: copy.width, height: copy.height };
  }

  async #describe(picture: Picture, signal: AbortSignal): Promise<Descriptions | Unable> {
    if (!vscode.workspace.isTrusted) {
      return { unable: vscode.l10n.t("No model is started in a workspace that is not trusted.") };
    }
    let doubts: readonly Doubt[] = [];
    const onDoubts = (found: readonly Doubt[]): void => void (doubts = found);
    try {
      const ask = askAbout(this.#services.engine, picture);
      return { texts: await altTexts(ask, { count: N_TEXTS, signal, onDoubts }), doubts };
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code !== "model.unsupported") throw error;
      return { unable: this.#services.notices.describe(error).text };
    }
  }

  readonly #score: LookaheadPorts["score"] = async (picture, texts, signal) => {
    const { engine } = this.#services;
    const { model } = engine.status;
    // No set has a model that compares, and asking one would load another of its models.
    if (setNamed(model) !== undefined || this.#cannotScore === model) return undefined;
    if (!vscode.workspace.isTrusted) return undefined;
    try {
      const request = { image: picture.bytes, imageName: picture.name, texts };
      const { scores } = await engine.score(request, { signal });
      return scores.map(({ itm }) => itm);
    } catch (thrown) {
      if (isCancelled(thrown)) throw thrown;
      if (AppError.from(thrown).code === "model.unsupported") this.#cannotScore = model;
      return undefined;
    }
  };
}
