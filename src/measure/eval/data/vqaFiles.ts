/** Questions, annotations and predictions in the formats of VQAv2 and OK-VQA. */

import type { JsonObject } from "../../../base/json";
import type { VqaAnnotation } from "../../metrics/vqaAccuracy";
import { type EvalId, idAt, listAt, readEvalJson, rowsOf } from "./evalJson";

export interface EvalQuestion {
  readonly id: EvalId;
  readonly imageId: EvalId;
  readonly question: string;
}

/** What a program answered; `file` says whose it is. */
export interface Prediction {
  readonly id: EvalId;
  readonly text: string;
  readonly file: string;
}

/** @throws AppError `document.*`. */
export async function readVqaQuestions(file: string): Promise<EvalQuestion[]> {
  return listAt(await readEvalJson(file), "questions", file).map((row) => ({
    id: idAt(row, "question_id"),
    imageId: idAt(row, "image_id"),
    question: row.string("question"),
  }));
}

/** @throws AppError `document.*`. */
export async function readVqaAnnotations(file: string): Promise<VqaAnnotation[]> {
  return listAt(await readEvalJson(file), "annotations", file).map((row) => ({
    questionId: idAt(row, "question_id"),
    imageId: idAt(row, "image_id"),
    questionType: row.string("question_type", ""),
    answerType: row.string("answer_type", ""),
    answers: rowsOf(row.array("answers"), file, `${row.path}.answers`).map(answerOf),
  }));
}

function answerOf(row: JsonObject): VqaAnnotation["answers"][number] {
  const others = row.keys().filter((key) => key !== "answer");
  return {
    answer: row.string("answer"),
    identity: JSON.stringify(others.sort().map((key) => [key, row.raw(key)])),
  };
}

/** Rows `{question_id, answer}`, of VQA and of GQA. @throws AppError `document.*`. */
export async function readAnswers(files: readonly string[]): Promise<Prediction[]> {
  const all: Prediction[] = [];
  for (const file of files) {
    for (const row of rowsOf(await readEvalJson(file), file)) {
      all.push({ id: idAt(row, idKey(row)), text: row.string(textKey(row)), file });
    }
  }
  return all;
}

/** GQA's own program names them `questionId` and `prediction`. */
const idKey = (row: JsonObject): string => (row.has("questionId") ? "questionId" : "question_id");
const textKey = (row: JsonObject): string => (row.has("prediction") ? "prediction" : "answer");
