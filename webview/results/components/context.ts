/** What every component of the results is given; types only. */

import type { FromResults } from "../../../src/protocol/views/resultsMessages";
import type { ResultsStrings } from "../../../src/protocol/views/resultsStrings";
import type { ContextOf } from "../../shell/context";
import type { ResultsAction } from "../state";

export type PageContext = ContextOf<ResultsStrings, FromResults, ResultsAction>;
