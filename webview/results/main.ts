/** The page of found pictures. */

import { readToResults } from "../../src/protocol/views/resultsMessages";
import { startPage } from "../shell/startPage";
import { createPage } from "./page";
import { INITIAL_STATE, reduce, restoredFrom, savedOf } from "./state";
import { RESULTS_NAMES } from "./strings";
import "../styles/tokens.css";
import "../styles/toolkit.css";
import "../styles/base.css";
import "../styles/panel.css";
import "./styles/results.css";

startPage(
  {
    names: RESULTS_NAMES,
    ready: { type: "ready" },
    read: readToResults,
    initial: INITIAL_STATE,
    savedOf,
    restoredFrom,
  },
  { reduce, create: createPage },
);
