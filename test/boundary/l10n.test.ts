import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type * as TypeScript from "typescript";
import { collect, parseSource, sourcesBelow, ts } from "../helpers/sourceTree";

/** A text that the extension's host shows. */
interface ShownText {
  readonly place: string;
  /** Undefined when it is put together, so that nobody could translate it. */
  readonly message: string | undefined;
}

const shown = sourcesBelow("src/editor").flatMap(shownTexts);
const english = readBundle("l10n/bundle.l10n.json");
const german = readBundle("l10n/bundle.l10n.de.json");

describe("the texts of the extension", () => {
  it("are whole sentences that can be translated", () => {
    assert.ok(shown.length > 50, `${shown.length} texts`);
    const broken = shown.filter(({ message }) => message === undefined);
    assert.deepEqual(broken, []);
  });

  it("are all in the bundle, and no others", () => {
    const messages = new Set(shown.map(({ message }) => message));
    assert.deepEqual([...english.keys()].sort(), [...messages].sort(), "run npm run l10n");
    for (const [key, value] of english) assert.equal(value, key);
  });

  it("are all in German, and no others", () => {
    assert.deepEqual([...german.keys()].sort(), [...english.keys()].sort());
  });

  it("keep their placeholders, links, commands and ellipsis in German", () => {
    for (const [message, translation] of german) {
      for (const pattern of [/\{\w+\}/g, /\(command:[^)]*\)/g, /\$\([\w~-]+\)/g, /`[^`]*`/g]) {
        const parts = (words: string): string[] => (words.match(pattern) ?? []).sort();
        assert.deepEqual(parts(translation), parts(message), message);
      }
      assert.equal(translation.endsWith("…"), message.endsWith("…"), message);
      assert.equal(/[.?:]$/.exec(translation)?.[0], /[.?:]$/.exec(message)?.[0], message);
      assert.notEqual(translation.trim(), "", message);
    }
  });

  it("shout at nobody", () => {
    const loud = /!|\p{Extended_Pictographic}/u;
    for (const [message, translation] of german) {
      assert.ok(!loud.test(message) && !loud.test(translation), message);
    }
  });
});

describe("the errors that the editor and its host write", () => {
  /** Never shown, or for people who write programs. */
  const IN_ENGLISH: readonly string[] = ["request.cancelled", "internal", "option.invalid"];

  it("are in the user's language where the editor writes them", () => {
    assert.deepEqual(untranslated("src/editor"), []);
  });

  it("say of pictures, devices and documents nothing in English that the editor could say", () => {
    const areas = /^(image|device|document)\./;
    assert.deepEqual(
      untranslated("src/host").filter(({ code }) => areas.test(code)),
      [],
    );
  });

  /** Errors whose message is a literal, and whose code can reach a user. */
  function untranslated(folder: string): { place: string; code: string }[] {
    return sourcesBelow(folder)
      .flatMap(writtenErrors)
      .filter(({ code }) => !IN_ENGLISH.includes(code));
  }
});

describe("the reader of errors", () => {
  it("sees those with a text of their own, also behind a name, and no others", () => {
    const source = parseSource(
      "x.ts",
      `new AppError("image.missing", "a"); new AppError("image.missing", \`b \${c}\`);
       const text = "d"; new AppError("image.missing", text);
       new AppError("image.missing", vscode.l10n.t("e")); new AppError("image.missing", texts.f(1));`,
    );
    assert.equal(writtenErrors(source).length, 3);
  });
});

/** Every `new AppError` whose message is written in the file and not translated. */
function writtenErrors(source: TypeScript.SourceFile): { place: string; code: string }[] {
  return collect(source, (node) => {
    if (!ts.isNewExpression(node) || node.expression.getText() !== "AppError") return [];
    const [code, message] = node.arguments ?? [];
    if (code === undefined || message === undefined || !isLiteral(message, source)) return [];
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    const known = ts.isStringLiteralLike(code) ? code.text : code.getText();
    return [{ place: `${source.fileName}:${line + 1}`, code: known }];
  });
}

function isLiteral(message: TypeScript.Expression, source: TypeScript.SourceFile): boolean {
  if (ts.isStringLiteralLike(message) || ts.isTemplateExpression(message)) return true;
  if (!ts.isIdentifier(message)) return false;
  const values = collect(source, (node) =>
    ts.isVariableDeclaration(node) && node.name.getText() === message.text
      ? [node.initializer]
      : [],
  );
  return values.some((value) => value !== undefined && isLiteral(value, source));
}

describe("the reader of texts", () => {
  it("sees them in every form, and those that nobody could translate", () => {
    const source = parseSource(
      "x.ts",
      `vscode.l10n.t("a"); l10n.t(\`b {0}\`, c); vscode.l10n.t({ message: "d", args: [] });
       // vscode.l10n.t("comment");
       vscode.l10n.t(\`e \${f}\`); vscode.l10n.t("g" + h); other.t("i");`,
    );
    const messages = shownTexts(source).map(({ message }) => message);
    assert.deepEqual(messages, ["a", "b {0}", "d", undefined, undefined]);
  });
});

function shownTexts(source: TypeScript.SourceFile): ShownText[] {
  return collect(source, (node) => {
    if (!ts.isCallExpression(node) || !/(^|\.)l10n\.t$/.test(node.expression.getText())) return [];
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    return [{ place: `${source.fileName}:${line + 1}`, message: messageOf(node.arguments[0]) }];
  });
}

function messageOf(argument: TypeScript.Expression | undefined): string | undefined {
  if (argument === undefined) return undefined;
  if (ts.isStringLiteralLike(argument)) return argument.text;
  if (!ts.isObjectLiteralExpression(argument)) return undefined;
  for (const property of argument.properties) {
    if (ts.isPropertyAssignment(property) && property.name.getText() === "message") {
      return messageOf(property.initializer);
    }
  }
  return undefined;
}

function readBundle(file: string): ReadonlyMap<string, string> {
  return new Map(Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, string>));
}
