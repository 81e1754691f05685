/** The page of one question about many pictures. */

import { readToAnswers } from "../../src/protocol/views/answersMessages";
import { startPage } from "../shell/startPage";
import { createPage } from "./page";
import { INITIAL_STATE, reduce, restoredFrom, savedOf } from "./state";
import { ANSWERS_NAMES } from "./strings";
import "../styles/tokens.css";
import "../styles/toolkit.css";
import "../styles/base.css";
import "../styles/panel.css";
import "./styles/answers.css";

startPage(
  {
    names: ANSWERS_NAMES,
    ready: { type: "ready" },
    read: readToAnswers,
    initial: INITIAL_STATE,
    savedOf,
    restoredFrom,
  },
  { reduce, create: createPage },
);
