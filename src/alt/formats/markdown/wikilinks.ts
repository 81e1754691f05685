/** The syntax of pictures as wikilinks, `![[a.png|text|300]]`, for micromark and its tree (Obsidian, Foam). */

import type { Node } from "mdast";
import { isPicturePath } from "../../wording/fileNameText";
import type { SyntaxExtension, TreeExtension } from "./extensions";

/** What is between the brackets stays in the text: the tree has no field for it. */
interface WikilinkImage extends Node {
  readonly type: "wikilinkImage";
}

declare module "mdast" {
  interface PhrasingContentMap {
    wikilinkImage: WikilinkImage;
  }
  interface RootContentMap {
    wikilinkImage: WikilinkImage;
  }
}

declare module "micromark-util-types" {
  interface TokenTypeMap {
    wikilinkImage: "wikilinkImage";
  }
}

type Construct = Extract<NonNullable<SyntaxExtension["text"]>[string], { tokenize: unknown }>;
type State = ReturnType<Construct["tokenize"]>;
type Code = Parameters<State>[0];

/** Character codes; micromark's own codes for line ends are below `TAB`, which is -2. */
const TAB = -2;
const EXCLAMATION = 33;
const ROUND = 40;
const OPEN = 91;
const CLOSE = 93;
const BAR = 124;

/**
 * Reads `![[…]]` on one line whose address ends as a picture's does; notes and documents are embedded in
 * the same way. What CommonMark takes for an image, `![[a]](b)`, stays one.
 */
const wikilinkImage: Construct = {
  name: "wikilinkImage",
  tokenize: (effects, ok, nok) => {
    let address = "";
    let isAddress = true;
    const next =
      (state: State): State =>
      (code) => {
        effects.consume(code);
        return state;
      };
    const expect =
      (wanted: Code, state: State): State =>
      (code) =>
        code === wanted ? next(state)(code) : nok(code);
    const after: State = (code) => {
      effects.exit("wikilinkImage");
      return code === ROUND || code === OPEN ? nok(code) : ok(code);
    };
    const inside: State = (code) => {
      if (code === null || code < TAB || code === OPEN) return nok(code);
      // In a table the bar has a backslash before it.
      if (code === CLOSE) {
        return isPicturePath(address.replace(/\\$/, ""))
          ? next(expect(CLOSE, after))(code)
          : nok(code);
      }
      if (code === BAR) isAddress = false;
      if (isAddress) address += code < 0 ? " " : String.fromCharCode(code);
      return next(inside)(code);
    };
    return (code) => {
      effects.enter("wikilinkImage");
      return expect(EXCLAMATION, expect(OPEN, expect(OPEN, inside)))(code);
    };
  },
};

/** For `fromMarkdown`'s `extensions`. */
export const wikilinkSyntax: SyntaxExtension = { text: { [EXCLAMATION]: wikilinkImage } };

/** For `fromMarkdown`'s `mdastExtensions`. */
export const wikilinkNodes: TreeExtension = {
  enter: {
    wikilinkImage(token) {
      this.enter({ type: "wikilinkImage" }, token);
    },
  },
  exit: {
    wikilinkImage(token) {
      this.exit(token);
    },
  },
};
