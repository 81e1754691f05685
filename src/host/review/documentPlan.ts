/** What a review changes in one document: each picture found again, each edit read back; pure. */

import { AppError } from "../../base/errors";
import type { ImageReference, TextEdit } from "../../alt/imageReference";
import { applyEdits } from "../../alt/textEdit";
import { findMarked, marksOf, type FoundImages, type ImageMark } from "../documents/altPlan";

/** One decision that is to be carried out. */
export interface PlannedChange {
  readonly id: string;
  readonly mark: ImageMark;
  /** @throws AppError `document.notEditable`. */
  readonly edits: (text: string, reference: ImageReference) => readonly TextEdit[];
  /** Whether the picture, found in the new text, is as it was meant to be. */
  readonly isDone: (text: string, reference: ImageReference) => boolean;
}

export interface PlanTexts {
  /** Which picture was meant cannot be told any more. */
  readonly changed: string;
  /** What was written would be read as something else. */
  readonly misread: string;
}

export interface PlanPorts {
  /** The pictures of a text that takes the document's place. @throws AppError as `findImages`. */
  readonly find: (text: string) => readonly ImageReference[];
  readonly texts: PlanTexts;
}

export interface DocumentPlan {
  /** The whole new text. */
  readonly after: string;
  /** Of the text before, in its order. */
  readonly edits: readonly TextEdit[];
  readonly done: readonly string[];
  readonly failures: readonly { readonly id: string; readonly error: AppError }[];
}

/** Plans all changes of a document; one that cannot be made does not stop the others. */
export function planDocument(
  found: FoundImages,
  changes: readonly PlannedChange[],
  ports: PlanPorts,
): DocumentPlan {
  const failures: { id: string; error: AppError }[] = [];
  const made: MadeChange[] = [];
  for (const change of changes) {
    try {
      made.push(makeChange(found, change, ports));
    } catch (thrown) {
      failures.push({ id: change.id, error: AppError.from(thrown) });
    }
  }
  const kept = isReadBack(found, made, ports) ? made : compatible(found, made, ports);
  for (const { change } of made.filter((one) => !kept.includes(one))) {
    failures.push({ id: change.id, error: misread(ports) });
  }
  const edits = kept.flatMap((one) => one.edits).sort((a, b) => a.start - b.start);
  return {
    after: applyEdits(found.text, edits),
    edits,
    done: kept.map(({ change }) => change.id),
    failures,
  };
}

/**
 * The marks that pictures of the old text have in the new one, which has the same pictures in the same
 * order. @returns undefined for one that is not there.
 */
export function marksAfter(
  before: FoundImages,
  after: FoundImages,
  marks: readonly ImageMark[],
): (ImageMark | undefined)[] {
  if (before.references.length !== after.references.length) return marks.map(() => undefined);
  const now = marksOf(after);
  return marks.map((mark) => {
    const reference = findMarked(mark, before);
    return reference === undefined ? undefined : now[before.references.indexOf(reference)];
  });
}

interface MadeChange {
  readonly change: PlannedChange;
  /** Its place among the pictures of the document. */
  readonly ordinal: number;
  readonly edits: readonly TextEdit[];
}

/** @throws AppError `document.changed`, `document.notEditable`. */
function makeChange(found: FoundImages, change: PlannedChange, ports: PlanPorts): MadeChange {
  const reference = findMarked(change.mark, found);
  if (reference === undefined) throw new AppError("document.changed", ports.texts.changed);
  const ordinal = found.references.indexOf(reference);
  return { change, ordinal, edits: change.edits(found.text, reference) };
}

/** As many as go together, in their order. */
function compatible(
  found: FoundImages,
  made: readonly MadeChange[],
  ports: PlanPorts,
): readonly MadeChange[] {
  const kept: MadeChange[] = [];
  for (const one of made) if (isReadBack(found, [...kept, one], ports)) kept.push(one);
  return kept;
}

/** True when the document with the edits has the same pictures, and each change is what was meant. */
function isReadBack(found: FoundImages, made: readonly MadeChange[], { find }: PlanPorts): boolean {
  try {
    const text = applyEdits(
      found.text,
      made.flatMap(({ edits }) => edits),
    );
    const now = find(text);
    const changed = new Map(made.map((one) => [one.ordinal, one.change]));
    return (
      now.length === found.references.length &&
      found.references.every((before, ordinal) => {
        const after = now[ordinal];
        const change = changed.get(ordinal);
        if (after === undefined) return false;
        if (change !== undefined) return change.isDone(text, after);
        return (
          after.target.value === before.target.value &&
          after.alt === before.alt &&
          after.isDecorative === before.isDecorative
        );
      })
    );
  } catch {
    return false;
  }
}

function misread({ texts }: PlanPorts): AppError {
  return new AppError("document.notEditable", texts.misread);
}
