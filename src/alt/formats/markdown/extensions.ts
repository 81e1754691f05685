/** What extends the Markdown parser, in its own types. */

import type { Extension, Options } from "mdast-util-from-markdown";

/** What adds to the syntax that is read. */
export type SyntaxExtension = Exclude<NonNullable<Options["extensions"]>[number], unknown[]>;
/** What adds to the nodes that are made of it. */
export type TreeExtension = Extension;

/** One way to read a character. */
export type Construct = Extract<
  NonNullable<SyntaxExtension["text"]>[string],
  { tokenize: unknown }
>;
