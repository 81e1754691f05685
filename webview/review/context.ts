/** What the components of the review are given; types only. */

import type { FromReview } from "../../src/protocol/views/reviewMessages";
import type { ReviewStrings } from "../../src/protocol/views/reviewStrings";
import type { ContextOf } from "../shell/context";
import type { Action } from "./state";

export type PageContext = ContextOf<ReviewStrings, FromReview, Action>;
