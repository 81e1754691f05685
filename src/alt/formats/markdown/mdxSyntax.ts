/**
 * The syntax of MDX for micromark, read tolerantly: a brace, tag or script that is none stays text, as in
 * the dialects of Markdown that sites build on MDX (headings' names, formulas, comments), so that a
 * mistake costs only the place that it is in. Tags come one by one, whether or not they pair up.
 */

import type { Node } from "mdast";
import type { MdxJsxAttribute, MdxJsxExpressionAttribute } from "mdast-util-mdx-jsx";
import { mdxJsx } from "micromark-extension-mdx-jsx";
import { commentConstructs } from "./mdxComments";
import type { Construct, SyntaxExtension, TreeExtension } from "./extensions";

/** An opening or closing tag; what is between two is beside them. */
export interface MdxTag extends Node {
  readonly type: "mdxTag";
  readonly kind: "start" | "end";
  /** Empty for a fragment's. */
  readonly name: string;
  readonly attributes: readonly (MdxJsxAttribute | MdxJsxExpressionAttribute)[];
  readonly isSelfClosing: boolean;
}

declare module "mdast" {
  interface PhrasingContentMap {
    mdxTag: MdxTag;
  }
  interface RootContentMap {
    mdxTag: MdxTag;
  }
}

type Tokenize = Construct["tokenize"];
type State = ReturnType<Tokenize>;
type Constructs = NonNullable<SyntaxExtension["text"]>;

/** Steps in vain; a document of a person needs fewer than it has characters. A million takes a second. */
const MAX_VAIN_STEPS = 2_000_000;
/** An error costs what so many steps do (measured). */
const STEPS_OF_ERROR = 100;
const CLOSING_BRACE = 125;
/** micromark's own codes for line ends are below this. */
const FIRST_NO_LINE_END = -2;

interface Mistake {
  readonly place: string;
  /** It took in lines that belong to other blocks. */
  readonly hasLines: boolean;
}

/** What was read in vain in one document. */
export class MdxMistakes {
  /** Offsets of scripts that are none. */
  readonly scripts: number[] = [];
  readonly #places = new Set<string>();
  #nVainSteps = 0;
  #hasNew = false;

  /** Whether a mistake since the last time took in lines of other blocks. */
  takeNews(): boolean {
    const hasNew = this.#hasNew;
    this.#hasNew = false;
    return hasNew;
  }

  /** @throws RangeError when reading on would take longer than people wait. */
  isKnown(place: string): boolean {
    if (this.#nVainSteps > MAX_VAIN_STEPS) {
      throw new RangeError("Too many tags and braces that are never closed.");
    }
    return this.#places.has(place);
  }

  spend(nSteps: number): void {
    this.#nVainSteps += nSteps;
  }

  add({ place, hasLines }: Mistake): void {
    this.#nVainSteps += STEPS_OF_ERROR;
    this.#places.add(place);
    this.#hasNew ||= hasLines;
  }
}

/** For `fromMarkdown`'s `extensions`. @param strict MDX itself, which throws. */
export function mdxSyntax(strict: SyntaxExtension, mistakes: MdxMistakes): SyntaxExtension {
  // Without a parser, what is between braces may be in any language, such as TypeScript.
  const loose = mdxJsx();
  const LESS = "60";
  return {
    ...strict,
    flow: {
      ...tolerantAll(strict.flow, { name: "block", mistakes }),
      [LESS]: [
        ...tolerantList(strict.flow?.[LESS], { name: "block", mistakes }),
        ...tolerantList(loose.flow?.[LESS], { name: "loose block", mistakes }),
        ...tolerantList(commentConstructs.flow, { name: "block", mistakes }),
      ],
    },
    text: {
      ...tolerantAll(strict.text, { name: "text", mistakes }),
      [LESS]: [
        ...tolerantList(strict.text?.[LESS], { name: "text", mistakes }),
        ...tolerantList(loose.text?.[LESS], { name: "loose text", mistakes }),
        ...tolerantList(commentConstructs.text, { name: "text", mistakes }),
      ],
    },
  };
}

interface Tolerance {
  readonly name: string;
  readonly mistakes: MdxMistakes;
}

function tolerantAll(constructs: Constructs | undefined, tolerance: Tolerance): Constructs {
  return Object.fromEntries(
    Object.entries(constructs ?? {}).map(([code, each]) => [code, tolerantList(each, tolerance)]),
  );
}

function tolerantList(constructs: Constructs[string], tolerance: Tolerance): Construct[] {
  const list = Array.isArray(constructs) ? constructs : [constructs];
  return list.flatMap((each) => (each === undefined ? [] : [tolerant(each, tolerance)]));
}

/** A construct that is not taken where it would throw. */
function tolerant(construct: Construct, { name, mistakes }: Tolerance): Construct {
  return {
    ...construct,
    tokenize(effects, ok, nok) {
      const { offset } = this.now();
      const place = `${name} ${construct.name ?? "script"} ${offset}`;
      if (mistakes.isKnown(place)) return nok;
      let isOver = false;
      let nCodes = 0;
      let nSteps = 0;
      let hasLines = false;
      let state = construct.tokenize.call(
        this,
        effects,
        (code) => {
          isOver = true;
          return ok(code);
        },
        (code) => {
          isOver = true;
          mistakes.spend(nSteps);
          return nok(code);
        },
      );
      const step: State = (code) => {
        nCodes++;
        // At each brace the parser begins anew.
        nSteps += code === CLOSING_BRACE ? nCodes : 1;
        if (code !== null && code < FIRST_NO_LINE_END) hasLines = true;
        try {
          if (nSteps > MAX_VAIN_STEPS) throw new RangeError("Too many braces in a row.");
          const next = state(code);
          if (isOver || next === undefined) return next;
          state = next;
          return step;
        } catch (thrown) {
          if (isOver) throw thrown;
          isOver = true;
          mistakes.spend(nSteps);
          mistakes.add({ place, hasLines });
          if (construct.name === undefined) mistakes.scripts.push(offset);
          return nok(code);
        }
      };
      return step;
    },
  };
}

const ignore = (): void => undefined;

/** For `fromMarkdown`'s `mdastExtensions`, behind MDX's own. */
export function mdxNodes(): TreeExtension {
  const ending = new WeakSet();
  const onClosingMarker: Handle = function () {
    if (this.data.mdxJsxTag !== undefined) ending.add(this.data.mdxJsxTag);
  };
  const onTag: Handle = function (token) {
    const tag = this.data.mdxJsxTag;
    this.resume();
    if (tag === undefined) return;
    const node: MdxTag = {
      type: "mdxTag",
      kind: ending.has(tag) ? "end" : "start",
      name: tag.name ?? "",
      attributes: tag.attributes,
      isSelfClosing: tag.selfClosing,
    };
    this.enter(node, token);
    this.exit(token);
  };
  return {
    enter: { mdxJsxFlowTagClosingMarker: ignore, mdxJsxTextTagClosingMarker: ignore },
    exit: {
      mdxJsxFlowTagClosingMarker: onClosingMarker,
      mdxJsxTextTagClosingMarker: onClosingMarker,
      mdxJsxFlowTag: onTag,
      mdxJsxTextTag: onTag,
    },
  };
}

type Handle = NonNullable<TreeExtension["exit"]>[string] extends infer H ? NonNullable<H> : never;
