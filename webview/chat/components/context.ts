/** What every component of the chat is given; types only. */

import type { FromChat } from "../../../src/protocol/views/chatMessages";
import type { ChatStrings } from "../../../src/protocol/views/chatStrings";
import type { ContextOf } from "../../shell/context";
import type { Action } from "../state";

export type PageContext = ContextOf<ChatStrings, FromChat, Action>;
