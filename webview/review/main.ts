/** The page of a review. */

import { readToReview } from "../../src/protocol/views/reviewMessages";
import { startPage } from "../shell/startPage";
import { createPage } from "./page";
import { restoredFrom, savedOf } from "./savedState";
import { INITIAL_STATE, reduce } from "./state";
import { REVIEW_NAMES } from "./strings";
import "../styles/tokens.css";
import "../styles/toolkit.css";
import "../styles/base.css";
import "./styles/page.css";
import "./styles/picture.css";
import "./styles/details.css";

startPage(
  {
    names: REVIEW_NAMES,
    ready: { type: "ready" },
    read: readToReview,
    initial: INITIAL_STATE,
    savedOf,
    restoredFrom,
  },
  { reduce, create: createPage },
);
