/** What is said of documents whose pictures are checked. */

import { MISMATCH_KINDS } from "../model/ask/textScores";
import { count, fields, flag, list, maybe, oneOf, type Read, text } from "./schema";

const position = fields({ line: count, character: count });

const finding = fields({
  /** Words of the audit, which whoever reads them checks. */
  rule: text,
  level: text,
  /** Names of sentences, and what stands in them. */
  says: list(fields({ id: text, values: list(text) })),
  /** The picture's address as the document has it. */
  target: text,
  alt: maybe(text),
  /** What is marked of the picture; lines from zero, columns in UTF-16 units. */
  range: fields({ start: position, end: position }),
});

const comparable = { alt: text, picture: text };

const checkedDocument = fields({
  file: text,
  nPictures: count,
  findings: list(finding),
  /** That a model could compare with pictures, where they were asked for. */
  texts: maybe(list(fields(comparable))),
  /** Why it was not looked at, for people. */
  failure: maybe(text),
});

export const auditRequest = fields({
  /** The same for all calls of one look at a workspace: what was read of the disk counts for all of them. */
  run: text,
  /** The workspace's folder. */
  folder: text,
  /** Paths, and the text of those that the editor has otherwise than the disk. */
  documents: list(
    fields({
      file: text,
      text: maybe(text),
      /** What a model said of its texts, and which picture they fit. */
      told: maybe(
        list(
          fields({
            ...{ ...comparable, kind: oneOf(MISMATCH_KINDS), fits: text },
            /** The other of two texts that were swapped; its document where it is another one. */
            partner: maybe(fields({ ...comparable, document: maybe(text) })),
          }),
        ),
      ),
    }),
  ),
  wantsTexts: maybe(flag),
  /** Names of components that show a picture, beside those that the project names. */
  components: list(text),
  siteRoots: list(text),
});

/** In the order of the request. */
export const auditResult = fields({ documents: list(checkedDocument) });

/** Pairs of picture and text of the same documents; pictures and texts of one run count once. */
export const pairsResult = fields({
  documents: list(
    fields({
      file: text,
      pairs: list(fields({ image: text, text })),
      /** Why pictures of it teach nothing, each as often as it is so; words of src/train. */
      leftOut: list(text),
      /** Why it was not looked at, for people. */
      failure: maybe(text),
    }),
  ),
});

export type CheckedDocumentReply = Read<typeof checkedDocument>;
