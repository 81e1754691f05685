/** The pictures that a script's names stand for, also where the script as a whole cannot be read. */

import type { ImageTarget, TextSpan } from "../../imageReference";
import type { JsNode } from "./jsNode";
import { parseScript, type ScriptKind } from "./jsParser";
import { bindingsOf, type Bindings } from "./jsValue";

/** Where a script lies in its document, and what language it is. */
export interface ScriptPlace {
  readonly span: TextSpan;
  readonly kind: ScriptKind;
}

/** What a script's names stand for. A mistake in it costs the statement that it is in. */
export function scriptBindings(text: string, { span, kind }: ScriptPlace): Bindings {
  const program = scriptProgram(text, { span, kind });
  if (program !== undefined) return bindingsOf(program, text);
  return looseBindings(text.slice(span.start, span.end));
}

/** The tree of a script with the document's offsets; undefined when it cannot be read. */
export function scriptProgram(text: string, { span, kind }: ScriptPlace): JsNode | undefined {
  try {
    return parseScript(text.slice(span.start, span.end), kind, span.start);
  } catch {
    return undefined;
  }
}

/** An import up to its address, or a constant on one line. */
const STATEMENT =
  /^[ \t]*(?:import\b(?:(?!\n[ \t]*(?:import|export|const)\b)[^'"`;]){0,2000}(?:'[^'\n]*'|"[^"\n]*")|(?:export[ \t]+)?const\b[^\n]*)/gm;

/** More statements than people write at the top of a script. */
const MAX_STATEMENTS = 1000;

/** The imports and constants that can be read for themselves; a name with two of them means none. */
export function looseBindings(source: string): Bindings {
  const found = new Map<string, ImageTarget>();
  const twice = new Set<string>();
  let nStatements = 0;
  for (const [statement] of source.matchAll(STATEMENT)) {
    if (++nStatements > MAX_STATEMENTS) break;
    const span = { start: 0, end: statement.length };
    const program = scriptProgram(statement, { span, kind: "ts" });
    if (program === undefined) continue;
    for (const [name, target] of bindingsOf(program, statement)) {
      if (found.has(name)) twice.add(name);
      found.set(name, target);
    }
  }
  for (const name of twice) found.delete(name);
  return found;
}
