/** What every component of the answers is given; types only. */

import type { FromAnswers } from "../../../src/protocol/views/answersMessages";
import type { AnswersStrings } from "../../../src/protocol/views/answersStrings";
import type { ContextOf } from "../../shell/context";
import type { AnswersAction } from "../state";

export type PageContext = ContextOf<AnswersStrings, FromAnswers, AnswersAction>;
