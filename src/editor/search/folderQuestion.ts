/** Ask About All Pictures in This Folder: one question, a table of answers that grows and is gone on with. */

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import { AnswerFile } from "../../answers/answerFile";
import { fileHead, fileRow } from "../../answers/answerTable";
import { isCancelled } from "../../base/errors";
import { TimeLeft } from "../../base/timeLeft";
import { promptOf } from "../../alt/wording/describingRequest";
import { answerEach } from "../../host/pictures/folderAnswers";
import {
  type AnswerRowView,
  type AnswersProgress,
  type FromAnswers,
  readFromAnswers,
  type ToAnswers,
} from "../../protocol/views/answersMessages";
import { showStatus } from "../documents/altDescribing";
import { timeLeftText } from "../engine/durations";
import { PagePanel } from "../shell/pagePanel";
import type { Services } from "../shell/services";
import { answersStrings } from "./answersStrings";
import { Thumbnails } from "./thumbnails";

export interface FolderQuestion {
  readonly folder: vscode.Uri;
  /** Paths of its pictures. */
  readonly files: readonly string[];
  readonly question: string;
}

interface Open extends FolderQuestion {
  readonly id: string;
  readonly table: AnswerFile;
  readonly rows: Map<string, AnswerRowView>;
  end: AbortController | undefined;
}

/** Shows one question at a time; answers of earlier ones are on the disk. */
export class FolderAnswers implements vscode.Disposable {
  readonly #services: Services;
  readonly #panel: PagePanel<FromAnswers, ToAnswers>;
  readonly #thumbnails: Thumbnails;
  #open: Open | undefined;
  #progress: AnswersProgress | undefined;

  constructor(services: Services) {
    this.#services = services;
    this.#thumbnails = new Thumbnails(services);
    this.#panel = new PagePanel<FromAnswers, ToAnswers>({
      services,
      viewType: "sightline.answers",
      name: "answers",
      title: vscode.l10n.t("Answers"),
      strings: answersStrings(),
      read: readFromAnswers,
      receive: (message) => this.#receive(message),
      closed: () => {
        this.#open?.end?.abort();
        this.#open = undefined;
      },
    });
  }

  /** Asks about each picture that has no answer to this question yet. @throws AppError `document.*`. */
  async ask(asked: FolderQuestion): Promise<void> {
    this.#open?.end?.abort();
    const { question } = asked;
    const file = await this.#tableFile(asked);
    const table = await AnswerFile.open(file, { format: "jsonl", question });
    const rows = new Map(asked.files.map((one) => [one, rowOf(asked.folder, one)]));
    for (const { file: one, text } of table.rows) {
      const row = rows.get(one);
      if (row !== undefined) rows.set(one, { ...row, answer: text });
    }
    this.#open = { ...asked, id: `${file}\n${question}`, table, rows, end: undefined };
    this.#panel.show(vscode.l10n.t("Answers: {0}", question));
    this.#greet();
    await this.#goOn(this.#open);
  }

  dispose(): void {
    this.#open?.end?.abort();
    this.#panel.dispose();
  }

  /** Of this folder and this model; another model gives other answers. */
  async #tableFile({ folder }: FolderQuestion): Promise<string> {
    const { context, settings } = this.#services;
    const storage = context.storageUri ?? context.globalStorageUri;
    const place = storage.scheme === "file" ? storage.fsPath : path.join(tmpdir(), "sightline");
    const directory = path.join(place, "answers");
    await mkdir(directory, { recursive: true });
    const key = createHash("sha256").update(`${folder.toString()} ${settings.model}`);
    return path.join(directory, `${key.digest("hex").slice(0, 16)}.jsonl`);
  }

  async #goOn(open: Open): Promise<void> {
    if (open.end?.signal.aborted === false) return;
    const end = new AbortController();
    open.end = end;
    const isCurrent = (): boolean => this.#open === open && open.end === end;
    const timeLeft = new TimeLeft(() => performance.now());
    // What failed, or was answered meanwhile, is known by the rows.
    const answered = new Set(
      [...open.rows].flatMap(([file, row]) => (row.answer === undefined ? [] : [file])),
    );
    try {
      const nFailed = await answerEach(open.files, {
        table: { answered, add: (answer) => open.table.add(answer) },
        signal: end.signal,
        atOnce: () => this.#services.engine.status.maxParallel ?? 1,
        ask: (file) => this.#answer(file, open.question, end.signal),
        onProgress: (nDone, nAll) => {
          if (isCurrent()) this.#setProgress(progressOf(nDone, nAll, timeLeft));
        },
        onAnswer: ({ file, text, error }) => {
          const row = open.rows.get(file) ?? rowOf(open.folder, file);
          const { id, name, folder } = row;
          const next = {
            id,
            name,
            folder,
            ...(error === "" ? { answer: text } : { problem: error }),
          };
          open.rows.set(file, next);
          if (this.#open === open) this.#panel.post({ type: "rowsChanged", rows: [next] });
        },
      });
      if (nFailed > 0) showStatus(vscode.l10n.t("Pictures without an answer: {0}.", nFailed));
    } catch (thrown) {
      if (!isCancelled(thrown)) await this.#services.notices.show(thrown);
    } finally {
      if (open.end === end) open.end = undefined;
      if (this.#open === open && open.end === undefined) this.#setProgress(undefined);
    }
  }

  async #answer(file: string, question: string, signal: AbortSignal): Promise<string> {
    const { engine, pictures } = this.#services;
    const { name, bytes } = await pictures.read(vscode.Uri.file(file));
    const request = { image: bytes, imageName: name, prompt: promptOf(question) };
    const { sequences } = await engine.generate(request, { signal });
    return sequences[0]?.text ?? "";
  }

  #setProgress(progress: AnswersProgress | undefined): void {
    this.#progress = progress;
    this.#panel.post({ type: "progressChanged", ...(progress === undefined ? {} : { progress }) });
  }

  async #receive(message: FromAnswers): Promise<void> {
    const open = this.#open;
    switch (message.type) {
      case "ready":
        this.#greet();
        return;
      case "stop":
        open?.end?.abort();
        return;
      case "goOn":
        if (open !== undefined) await this.#goOn(open);
        return;
      case "exportCsv":
        if (open !== undefined) await exportCsv(open);
        return;
      case "open": {
        const file = fileOf(open, message.itemId);
        if (file === undefined) return;
        await vscode.commands.executeCommand("vscode.open", vscode.Uri.file(file));
        return;
      }
      case "wantThumbnails":
        await this.#makeThumbnails(message.itemIds);
        return;
    }
  }

  #greet(): void {
    const open = this.#open;
    if (open === undefined) return;
    const { id, question, folder, rows } = open;
    const relative = vscode.workspace.asRelativePath(folder);
    // Of a folder of the window itself the editor gives the whole path.
    const place = relative === folder.fsPath ? path.basename(relative) : relative;
    const answers = { id, question, place, rows: [...rows.values()] };
    this.#panel.post({ type: "answersReplaced", answers });
    this.#setProgress(this.#progress);
  }

  async #makeThumbnails(itemIds: readonly string[]): Promise<void> {
    const open = this.#open;
    await this.#thumbnails.inTurn(itemIds, async (itemId) => {
      const file = fileOf(open, itemId);
      if (file === undefined || this.#open !== open) return;
      const thumbnail = await this.#thumbnails.of(vscode.Uri.file(file));
      if (this.#open !== open) return;
      this.#panel.post({
        ...{ type: "thumbnailMade", itemId },
        ...(thumbnail === undefined ? {} : { thumbnail }),
      });
    });
  }
}

/** Its id is the way from the folder, which stays the same when the table is opened again. */
function rowOf(folder: vscode.Uri, file: string): AnswerRowView {
  const relative = path.relative(folder.fsPath, file).replaceAll(path.sep, "/");
  const slash = relative.lastIndexOf("/");
  return {
    id: relative,
    name: relative.slice(slash + 1),
    folder: relative.slice(0, Math.max(0, slash)),
  };
}

function fileOf(open: Open | undefined, itemId: string): string | undefined {
  const file = open && path.join(open.folder.fsPath, itemId);
  return file !== undefined && open?.rows.has(file) === true ? file : undefined;
}

function progressOf(nDone: number, nAll: number, timeLeft: TimeLeft): AnswersProgress {
  const seconds = timeLeft.update({ doneBytes: nDone, totalBytes: nAll });
  const counts = vscode.l10n.t("{0} of {1} pictures", nDone, nAll);
  const text = seconds === undefined ? counts : `${counts}, ${timeLeftText(seconds)}`;
  return { text, share: nAll === 0 ? 1 : nDone / nAll };
}

async function exportCsv({ folder, question, rows }: Open): Promise<void> {
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Export Answers"),
    defaultUri: vscode.Uri.joinPath(folder, "answers.csv"),
    filters: { CSV: ["csv"] },
  });
  if (target === undefined) return;
  const lines = [...rows.values()].map(({ id, answer = "", problem = "" }) =>
    fileRow("csv", { file: id, question, text: answer, error: problem }),
  );
  const text = fileHead("csv") + lines.join("");
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  showStatus(vscode.l10n.t("Answers exported: {0}.", rows.size));
}
