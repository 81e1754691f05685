/** Rules for addresses of pages, mail and people. */

import { LETTER } from "./characters";
import { any, choice, maybe, one, repeat, sequence, some, words } from "./patterns";
import type { Rule } from "./rule";

const INNER = one('[^ \\t\\n\\f\\r"<>|(){}]');
const LAST = one('[^ \\t\\n\\f\\r"<>|.!?(){},-]');
const LABEL = one('[^ \\t\\n\\f\\r"<>|.!?(){},]');
/** Small letters and whatever is beyond ASCII: a range in the original takes capitals and digits out. */
const HOST = one("[^ \\t\\n\\f\\r\"`'<>|.!?(){}$,-_]");
const PATH = sequence("/", some(one('[^ \\t\\n\\f\\r"<>|()]')), LAST);
const MAIL_LABEL = some(one('[^ \\t\\n\\f\\r"<>|(){}.\\u00a0]'));

export const ADDRESS_RULES: readonly Rule[] = [
  { token: sequence("http", maybe("s"), "://", some(INNER), LAST) },
  {
    token: sequence(
      choice(
        sequence("www.", some(sequence(some(LABEL), ".")), repeat(one("[a-zA-Z]"), 2, 4)),
        sequence(some(sequence(some(HOST), ".")), words("com net org edu")),
      ),
      maybe(PATH),
    ),
  },
  {
    token: sequence(
      maybe(choice("&lt;", "<")),
      one("[a-zA-Z0-9]"),
      any(one('[^ \\t\\n\\f\\r"<>|()\\u00a0{}]')),
      "@",
      any(sequence(MAIL_LABEL, ".")),
      MAIL_LABEL,
      maybe(choice("&gt;", ">")),
    ),
  },
  { token: sequence("@", one("[a-zA-Z_]"), any(one("[a-zA-Z_0-9]"))) },
  { token: sequence("#", some(LETTER)) },
];
