/** HTML comments in MDX: sites such as Docusaurus take them out before MDX sees them. */

import type { Construct } from "./extensions";

type Effects = Parameters<Construct["tokenize"]>[0];
type State = ReturnType<Construct["tokenize"]>;
type Code = Parameters<State>[0];

const OPENING = "<!--";
const CLOSING = "-->";

/** micromark's own codes for line ends are below this. */
const FIRST_NO_LINE_END = -2;

interface Parts {
  readonly effects: Effects;
  /** What the comment and the stretches of a line are called. */
  readonly name: "htmlFlow" | "htmlText";
  readonly data: "htmlFlowData" | "htmlTextData";
  readonly ok: State;
  readonly nok: State;
}

/** Reads a comment; one that never ends is none. */
function comment({ effects, name, data, ok, nok }: Parts): State {
  let nOpening = 0;
  let tail = "";
  const inside: State = (code) => {
    if (code === null) return nok(code);
    if (isLineEnd(code)) {
      effects.exit(data);
      return lineEnd(code);
    }
    effects.consume(code);
    tail = (tail + String.fromCharCode(Math.max(code, 0))).slice(-CLOSING.length);
    if (tail !== CLOSING) return inside;
    effects.exit(data);
    effects.exit(name);
    return ok;
  };
  const lineEnd: State = (code) => {
    effects.enter("lineEnding");
    effects.consume(code);
    effects.exit("lineEnding");
    tail = "";
    return lineStart;
  };
  const lineStart: State = (code) => {
    if (code === null) return nok(code);
    if (isLineEnd(code)) return lineEnd(code);
    effects.enter(data);
    return inside(code);
  };
  const opening: State = (code) => {
    if (code !== OPENING.charCodeAt(nOpening)) return nok(code);
    effects.consume(code);
    return ++nOpening < OPENING.length ? opening : inside;
  };
  return (code) => {
    effects.enter(name);
    effects.enter(data);
    return opening(code);
  };
}

function isLineEnd(code: Code): boolean {
  return code !== null && code < FIRST_NO_LINE_END;
}

/** A comment that is all of its lines. */
const flow: Construct = {
  name: "mdxComment",
  concrete: true,
  tokenize: (effects, ok, nok) => {
    const isSpace = (code: Code): boolean => code === -2 || code === -1 || code === 32;
    const after: State = (code) => {
      if (code === null || isLineEnd(code)) return ok(code);
      if (!isSpace(code)) return nok(code);
      effects.enter("whitespace");
      return space(code);
    };
    const space: State = (code) => {
      if (isSpace(code)) {
        effects.consume(code);
        return space;
      }
      effects.exit("whitespace");
      return code === null || isLineEnd(code) ? ok(code) : nok(code);
    };
    return comment({ effects, name: "htmlFlow", data: "htmlFlowData", ok: after, nok });
  },
};

const text: Construct = {
  name: "mdxComment",
  tokenize: (effects, ok, nok) =>
    comment({ effects, name: "htmlText", data: "htmlTextData", ok, nok }),
};

export const commentConstructs = { flow, text };
