/** The methods that find pictures, as `methods.ts` has them. */

import { DUPLICATE_KINDS } from "../model/ask/duplicateKinds";
import { MISMATCH_KINDS } from "../model/ask/textScores";
import { graphTarget, scoreRequest, scoreResult } from "./askSchemas";
import type { Entry } from "./methodEntry";
import { anyNumber, count, fields, flag, list, maybe, oneOf, text } from "./schema";

const matches = list(
  fields({
    file: text,
    similarity: anyNumber,
    isLikely: flag,
    /** How sure the model is when it reads picture and words together, 0 to 1; of the best ones only. */
    match: maybe(anyNumber),
  }),
);

const skipped = list(fields({ file: text, why: text }));

/** Where pictures are: folders, and patterns of paths below them that are left out. */
const places = { folders: list(text), exclude: maybe(list(text)) };

export const SEARCH_METHODS = {
  /** Pictures below folders, without those that rules leave out. */
  listPictures: {
    params: fields(places),
    result: fields({ files: list(text), skipped }),
    ...{ process: "search", lane: "beside", silence: 5 },
  },
  /**
   * Says what can be found below folders: of these files those whose content is in the index already, and no
   * others. Loads the index, and converts the demo where there is no other model, which sends `progressed`
   * without a step.
   */
  knownPictures: {
    params: fields({ files: list(text), below: list(text) }),
    result: fields({
      /** Files that would have to be looked at, the newest first. */
      fresh: list(text),
      skipped,
      /** What a picture takes in the index. */
      bytesEach: count,
    }),
    ...{ process: "search", lane: "turn", silence: 15, afterCancel: "leaves", needs: "finder" },
  },
  /**
   * Looks at files so that they can be found; those of before stay. Loads a retrieval model when something is new,
   * and converts the demo where there is none, which sends `progressed` without a step.
   */
  indexPictures: {
    params: fields({ files: list(text) }),
    result: fields({
      /** Files that can be found by now. */
      nFiles: count,
      skipped,
    }),
    ...{ process: "search", lane: "turn", silence: 15, afterCancel: "leaves", needs: "finder" },
  },
  /** Pictures of those files that fit words, the best first; the first `rerank` are read together with the words. */
  findPictures: {
    params: fields({
      words: text,
      k: count,
      /** @default none */
      rerank: maybe(count),
      /** Where they must lie. @default anywhere */
      below: maybe(list(text)),
    }),
    result: fields({
      /** That compares. */
      model: text,
      matches,
    }),
    ...{ process: "search", lane: "beside", silence: 15, afterCancel: "leaves", needs: "finder" },
  },
  /** Pictures of those files that are like a picture, the most similar first. */
  similarPictures: {
    params: fields({ file: text, k: count }),
    result: fields({ matches }),
    ...{ process: "search", lane: "beside", silence: 15, afterCancel: "leaves", needs: "finder" },
  },
  /** Those files that are one picture, or look alike; the surest kind first. */
  findDuplicates: {
    /** `pardoned`: two contents, parted by a blank, that a person has called different. */
    params: fields({ pardoned: list(text) }),
    result: fields({
      groups: list(
        fields({
          kind: oneOf(DUPLICATE_KINDS),
          similarity: anyNumber,
          /** `digest`: sha256 of the content. */
          files: list(fields({ file: text, digest: text })),
        }),
      ),
    }),
    ...{ process: "search", lane: "beside", silence: 30, afterCancel: "leaves", needs: "finder" },
  },
  /** Texts of documents that fit another of those files better; without documents only the model is named. */
  findMismatches: {
    params: fields({
      /** Whose texts are kept from call to call. */
      of: text,
      /** Documents whose texts are others than at the last call. */
      changed: list(
        fields({
          document: text,
          /** With the file of each text's own picture. */
          texts: list(fields({ alt: text, picture: text })),
        }),
      ),
      /** How many documents there are with those of the calls before. */
      nDocuments: count,
    }),
    result: fields({
      /** That compares. */
      model: text,
      /** False where those of the calls before are not known any more, so that all have to be sent. */
      isKnown: flag,
      /** How many texts say enough to be compared. */
      nTested: count,
      mismatches: list(
        fields({
          document: text,
          /** Which of its texts, from zero. */
          text: count,
          kind: oneOf(MISMATCH_KINDS),
          /** The file that it fits. */
          fits: text,
          /** sha256 of the content of its own picture. */
          digest: text,
          /** The other of two texts that were swapped. */
          partner: maybe(fields({ document: text, text: count })),
        }),
      ),
    }),
    ...{ process: "search", lane: "beside", silence: 30, needs: "finder" },
  },
  /** From now on the graphs of the model that finds pictures run on this server. */
  useGraphServer: {
    ...{ params: graphTarget, result: fields({}) },
    ...{ process: "search", lane: "beside", silence: 5 },
  },
  /** Which model compares for whoever has chosen one; loads nothing. */
  comparingModel: {
    params: fields({ chosen: text }),
    result: fields({
      model: text,
      /** The chosen one compares itself; else it is the one that finds pictures. */
      isChosen: flag,
    }),
    ...{ process: "search", lane: "beside", silence: 5 },
  },
  /** Says how well texts fit a picture, by the model that finds pictures. Loads it as `knownPictures` does. */
  compareWithTexts: {
    params: scoreRequest,
    result: fields({
      /** That compares. */
      model: text,
      result: scoreResult,
    }),
    ...{ process: "search", lane: "beside", silence: 15, afterCancel: "leaves", needs: "finder" },
  },
  /** Pictures below folders with this very content; needs no model and no index. */
  samePictures: {
    /** `digest`: sha256; `size`: in bytes. */
    params: fields({ ...places, digest: text, size: count }),
    result: fields({ files: list(text) }),
    ...{ process: "search", lane: "beside", silence: 5 },
  },
  /** What the indexes of all models take of the disk. */
  indexSize: {
    params: fields({}),
    result: fields({ bytes: count }),
    ...{ process: "search", lane: "beside", silence: 1 },
  },
  /** Deletes the indexes of all models. Pictures must be looked at again before they are found. */
  deleteIndex: {
    params: fields({}),
    result: fields({ freedBytes: count }),
    ...{ process: "search", lane: "turn", silence: 5 },
  },
} as const satisfies Readonly<Record<string, Entry>>;
