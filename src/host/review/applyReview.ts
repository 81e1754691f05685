/** Carries out what was decided, and takes it back: file by file, each with its line in the journal. */

import { AppError } from "../../base/errors";
import type { TextEdit } from "../../alt/imageReference";
import type { FoundImages } from "../documents/altPlan";
import { planDocument, type PlannedChange, type PlanPorts } from "./documentPlan";
import {
  addRecord,
  JournalWriter,
  lastJournal,
  type JournalledFile,
  type JournalPlace,
} from "./reviewJournal";
import { changeOf, hashOf, wayBack } from "./textChange";

/** A document as it is now, in the editor or on the disk. */
export interface WritableDocument {
  readonly text: string;
  /**
   * Writes the edits, if the document still has this text.
   * @returns the text that it has then, which saving may have changed.
   * @throws AppError `document.changed`, `document.unwritable`.
   */
  readonly write: (edits: readonly TextEdit[]) => Promise<string>;
}

/** Documents of the workspace, whoever holds them. */
export interface DocumentStore {
  /** @throws AppError `document.missing`, `document.unreadable`, `document.unwritable`. */
  open(uri: string): Promise<WritableDocument>;
}

export interface ReviewPorts {
  readonly documents: DocumentStore;
  /** How the pictures of a document are found. @throws AppError as `findImages`. */
  readonly planPorts: (uri: string, text: string) => Promise<PlanPorts>;
  readonly journals: JournalPlace;
  readonly now: () => Date;
  /** What is said of a file of which nothing that was written is there any more. */
  readonly notThere: (uri: string) => string;
  /** What is said of a file in which some of it is. */
  readonly partThere: (uri: string, nLost: number) => string;
}

export interface ApplyOutcome {
  readonly done: readonly string[];
  readonly nFiles: number;
  readonly failures: readonly { readonly id: string; readonly error: AppError }[];
  /** Documents that were looked at, changed or not. */
  readonly files: readonly AppliedFile[];
}

export interface AppliedFile {
  readonly uri: string;
  readonly before: FoundImages;
  readonly after: FoundImages;
}

/**
 * Writes all changes, the files one after the other. A file that cannot be written keeps its changes, and
 * does not stop the others.
 * @throws AppError `document.unwritable` where there can be no journal.
 */
export async function applyReview(
  changes: ReadonlyMap<string, readonly PlannedChange[]>,
  ports: ReviewPorts,
): Promise<ApplyOutcome> {
  const journal = await JournalWriter.begin(ports.journals, ports.now());
  const done: string[] = [];
  const failures: { id: string; error: AppError }[] = [];
  const files: AppliedFile[] = [];
  let nFiles = 0;
  try {
    for (const [uri, wanted] of changes) {
      try {
        const file = await applyTo(uri, wanted, { ports, journal });
        failures.push(...file.failures);
        files.push(file);
        done.push(...file.done);
        if (file.done.length > 0) nFiles++;
      } catch (thrown) {
        const error = AppError.from(thrown);
        failures.push(...wanted.map(({ id }) => ({ id, error })));
      }
    }
    await journal.add({ type: "finished" });
  } finally {
    await journal.end();
  }
  return { done, nFiles, failures, files };
}

interface Applying {
  readonly ports: ReviewPorts;
  readonly journal: JournalWriter;
}

async function applyTo(
  uri: string,
  changes: readonly PlannedChange[],
  { ports, journal }: Applying,
): Promise<AppliedFile & Pick<ApplyOutcome, "done" | "failures">> {
  const document = await ports.documents.open(uri);
  const { text } = document;
  const planPorts = await ports.planPorts(uri, text);
  const before: FoundImages = { text, references: planPorts.find(text) };
  const plan = planDocument(before, changes, planPorts);
  if (plan.edits.length === 0) {
    // What is already as it was wanted is done.
    return { uri, before, after: before, done: plan.done, failures: plan.failures };
  }
  await journal.add(changeOf(uri, text, plan.edits));
  let now: string;
  try {
    now = await document.write(plan.edits);
  } catch (thrown) {
    // Nothing was written, so there is nothing to take back.
    await journal.add({ type: "undone", uri, outcome: "none" });
    throw thrown;
  }
  await journal.add({ type: "written", uri, hash: hashOf(now) });
  const after = { text: now, references: planPorts.find(now) };
  return { uri, before, after, done: plan.done, failures: plan.failures };
}

export interface UndoOutcome {
  /** Files of which something was taken back. */
  readonly uris: readonly string[];
  /** Files in which something, or all, could not be; in sentences. */
  readonly failures: readonly string[];
}

/** Takes back what was applied last. Undefined where there is nothing to take back. */
export async function undoLastReview(ports: ReviewPorts): Promise<UndoOutcome | undefined> {
  const journal = await lastJournal(ports.journals.folder);
  if (journal === undefined) return undefined;
  const uris: string[] = [];
  const failures: string[] = [];
  for (const file of journal.files) {
    if (file.isUndone) continue;
    const { uri } = file.change;
    try {
      const { nBack, nLost } = await undoIn(file, ports);
      if (nBack > 0) uris.push(uri);
      if (nLost > 0) failures.push(nBack > 0 ? ports.partThere(uri, nLost) : ports.notThere(uri));
      const outcome = nLost === 0 ? "whole" : nBack > 0 ? "part" : "none";
      await addRecord(journal.file, { type: "undone", uri, outcome });
    } catch (thrown) {
      failures.push(AppError.from(thrown).message);
    }
  }
  await addRecord(journal.file, { type: "closed" });
  return { uris, failures };
}

/** True when there is something to take back. */
export async function canUndoReview(folder: string): Promise<boolean> {
  return (await lastJournal(folder)) !== undefined;
}

async function undoIn(
  { change, writtenHash }: JournalledFile,
  { documents }: ReviewPorts,
): Promise<{ readonly nBack: number; readonly nLost: number }> {
  const document = await documents.open(change.uri);
  const { edits, nLost } = wayBack(document.text, change, writtenHash);
  if (edits.length > 0) await document.write(edits);
  return { nBack: edits.length, nLost };
}
