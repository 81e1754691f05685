/** Documents in a folder on the disk, and what a review of them stands on, without an editor. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { markDecorative, readableAlt, setAlt } from "../../src/alt/edit/editAlt";
import { findImages } from "../../src/alt/formats/findImages";
import { languageOfFile } from "../../src/alt/languages";
import { applyEdits } from "../../src/alt/textEdit";
import { AppError } from "../../src/base/errors";
import { replaceFile } from "../../src/disk/replaceFile";
import { decodeDocument, encodeDocument } from "../../src/disk/textEncoding";
import { marksOf } from "../../src/host/documents/altPlan";
import type { ReviewPorts, WritableDocument } from "../../src/host/review/applyReview";
import type { PlannedChange } from "../../src/host/review/documentPlan";
import { itemId, type ReviewItem } from "../../src/host/review/reviewQueue";

/** A change that gives the nth picture a text; null says that it is decorative. */
export type Wish = readonly [file: string, nth: number, text: string | null];

export class ReviewFolder {
  readonly root: string;
  /** Called before a file is written. */
  beforeWrite: (file: string) => Promise<void> | void = () => undefined;
  #time = 0;

  private constructor(root: string) {
    this.root = root;
  }

  static async make(files: Readonly<Record<string, string | Uint8Array>>): Promise<ReviewFolder> {
    const folder = new ReviewFolder(await mkdtemp(path.join(tmpdir(), "sightline-review-")));
    for (const [name, content] of Object.entries(files)) await folder.write(name, content);
    return folder;
  }

  get journals(): string {
    return path.join(this.root, "journals");
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    const file = path.join(this.root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }

  bytes(name: string): Promise<Buffer> {
    return readFile(path.join(this.root, name));
  }

  async text(name: string): Promise<string> {
    return (await this.bytes(name)).toString("utf8");
  }

  async remove(name = ""): Promise<void> {
    await rm(path.join(this.root, name), { recursive: true, force: true });
  }

  get ports(): ReviewPorts {
    return {
      documents: { open: (uri) => this.#open(uri) },
      planPorts: (uri) => Promise.resolve(planPorts(uri)),
      journals: { folder: this.journals, noJournal: "no journal" },
      now: () => new Date(Date.UTC(2026, 0, 1) + 1000 * this.#time++),
      notThere: (uri) => `${uri} holds something else`,
      partThere: (uri, nLost) => `${uri} has lost ${nLost}`,
    };
  }

  /** The changes, by file, as a session gives them. */
  async changes(
    ...wishes: readonly Wish[]
  ): Promise<ReadonlyMap<string, readonly PlannedChange[]>> {
    const changes = new Map<string, PlannedChange[]>();
    for (const [file, nth, text] of wishes) {
      const decoded = decodeDocument(await this.bytes(file));
      const change = changeOf(file, decoded?.text ?? "", [nth, text]);
      changes.set(file, [...(changes.get(file) ?? []), change]);
    }
    return changes;
  }

  async #open(name: string): Promise<WritableDocument> {
    const file = path.join(this.root, name);
    const expected = await readFile(file).catch(() => {
      throw new AppError("document.missing", `${name} is gone.`);
    });
    const decoded = decodeDocument(expected);
    if (decoded === undefined) throw new AppError("document.unreadable", `${name} is no text.`);
    return {
      text: decoded.text,
      write: async (edits) => {
        const after = applyEdits(decoded.text, edits);
        await this.beforeWrite(name);
        await replaceFile(file, { bytes: encodeDocument(after, decoded), expected });
        return after;
      },
    };
  }
}

function planPorts(file: string): Awaited<ReturnType<ReviewPorts["planPorts"]>> {
  const language = languageOfFile(file);
  return {
    find: (text) => (language === undefined ? [] : findImages(text, language)),
    texts: { changed: `${file} changed`, misread: `${file} misread` },
  };
}

function changeOf(
  file: string,
  text: string,
  [nth, alt]: readonly [number, string | null],
): PlannedChange {
  const references = planPorts(file).find(text);
  const mark = marksOf({ text, references })[nth];
  if (mark === undefined) throw new Error(`${file} has no picture ${nth}.`);
  const how =
    alt === null
      ? {
          edits: markDecorative,
          isDone: (_: string, now: { isDecorative: boolean }) => now.isDecorative,
        }
      : {
          edits: (...[now, reference]: Parameters<PlannedChange["edits"]>) =>
            setAlt(now, reference, alt),
          isDone: (...[, reference]: Parameters<PlannedChange["isDone"]>) =>
            reference.alt === readableAlt(reference, alt),
        };
  return { id: `${file} ${nth}`, mark, ...how };
}

/** The pictures without a text of a Markdown document, as a review shows them. */
export function itemsIn(uri: string, text: string): ReviewItem[] {
  const references = findImages(text, "markdown");
  const marks = marksOf({ text, references });
  return references.flatMap((reference, nth) => {
    const mark = marks[nth];
    if (mark === undefined || reference.alt !== "") return [];
    const line = text.slice(0, reference.span.start).split("\n").length;
    return itemOf({ uri, mark, target: reference.target.value, line });
  });
}

export function itemOf(
  given: Pick<ReviewItem, "uri" | "mark" | "target"> & { readonly line: number },
  view: Partial<ReviewItem["view"]> = {},
): ReviewItem {
  const { uri, mark, target, line } = given;
  return {
    id: itemId(uri, mark),
    uri,
    mark,
    target,
    pictureKey: target,
    view: {
      file: uri,
      line,
      name: target,
      rule: "missing",
      ruleTitle: "A picture has no text",
      message: "The picture has no text.",
      source: { before: "", picture: `![](${target})`, after: "" },
      can: { text: true, decorative: true, suppress: true },
      ...view,
    },
  };
}
