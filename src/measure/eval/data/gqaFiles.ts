/** GQA's questions, in its own format and in LAVIS's. */

import { type EvalId, idAt, objectOf, readEvalJson, rowsOf } from "./evalJson";
import type { EvalQuestion } from "./vqaFiles";

export interface GqaQuestion extends EvalQuestion {
  readonly answer: string;
  /** As the file names it; else it is made of the picture's id. */
  readonly image: string | undefined;
}

/** @throws AppError `document.*`. */
export async function readGqaQuestions(file: string): Promise<GqaQuestion[]> {
  const value = await readEvalJson(file);
  if (Array.isArray(value)) {
    return rowsOf(value, file).map((row) => {
      const image = row.string("image");
      return {
        id: idAt(row, "question_id"),
        imageId: nameOf(image),
        question: row.string("question"),
        answer: row.string("answer"),
        image,
      };
    });
  }
  const questions = objectOf(value, file);
  return questions.keys().map((id) => {
    const row = questions.object(id);
    return {
      id,
      imageId: idAt(row, "imageId"),
      question: row.string("question"),
      answer: row.string("answer"),
      image: undefined,
    };
  });
}

/** "n123.jpg" → "n123". */
function nameOf(image: string): EvalId {
  return image.replace(/^.*\//, "").replace(/\.[^.]*$/, "");
}
