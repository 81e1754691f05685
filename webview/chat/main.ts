/** The chat's page. */

import { readToChat } from "../../src/protocol/views/chatMessages";
import { startPage } from "../shell/startPage";
import { createPage } from "./page";
import { restoredFrom, savedOf } from "./savedState";
import { INITIAL_STATE, reduce } from "./state";
import { CHAT_NAMES } from "./strings";
import "../styles/tokens.css";
import "../styles/toolkit.css";
import "../styles/base.css";
import "./styles/page.css";
import "./styles/transcript.css";
import "./styles/composer.css";
import "./styles/history.css";

startPage(
  {
    names: CHAT_NAMES,
    ready: { type: "ready" },
    read: readToChat,
    initial: INITIAL_STATE,
    savedOf,
    restoredFrom,
  },
  { reduce, create: createPage },
);
