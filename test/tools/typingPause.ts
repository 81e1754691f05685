/**
 * How long whoever types in a long document waits for the look at it: the longest turn of the loop in which the
 * pictures are found and judged, with the parser in this thread and in one of its own. Medians of interleaved runs.
 *   npm run report:typing -- [KILOBYTES] [RUNS]
 */

import path from "node:path";
import { auditDocument } from "../../src/audit/auditDocument";
import { finderIn, type PicturedDocument } from "../../src/audit/documentPictures";
import type { ImageReference } from "../../src/alt/imageReference";
import type { AltLanguage } from "../../src/alt/languages";
import { FinderThread } from "../../src/editor/audit/finderThread";

const [kilobytes = "300", runs = "7"] = process.argv.slice(2);

const SECTIONS: Readonly<Partial<Record<AltLanguage, (n: number) => string>>> = {
  markdown: (n) =>
    `## Part ${n}\n\n${"Some words of a paragraph. ".repeat(20)}\n\n![Part ${n}](a${n}.png)\n\n`,
  mdx: (n) =>
    `## Part ${n}\n\n${"Some words of a paragraph. ".repeat(20)}\n\n<img src="a${n}.png" alt="Part ${n}" />\n\n`,
  html: (n) =>
    `<h2>Part ${n}</h2><p>${"Some words of a paragraph. ".repeat(20)}</p><img src="a${n}.png" alt="Part ${n}">\n`,
};

function documentOf(language: AltLanguage, section: (n: number) => string): PicturedDocument {
  let text = "";
  for (let n = 0; text.length < Number(kilobytes) * 1000; n++) text += section(n);
  return { text, language, name: "page", components: [] };
}

/** Milliseconds of the longest time in which nothing else could be done. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let isDone = false;
  let longest = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isDone) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isDone = true;
  look();
  return longest;
}

function judge({ text }: PicturedDocument, references: readonly ImageReference[]): void {
  const resolved = { kind: "dynamic" } as const;
  auditDocument(
    text,
    references.map((reference) => ({ reference, resolved })),
  );
}

const median = (all: readonly number[]): string =>
  ([...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN).toFixed(0);

async function report(): Promise<void> {
  const thread = new FinderThread(path.resolve("dist", "extension", "find.js"));
  for (const [language, section] of Object.entries(SECTIONS) as [
    AltLanguage,
    (n: number) => string,
  ][]) {
    const page = documentOf(language, section);
    const here: number[] = [];
    const there: number[] = [];
    for (let run = 0; run <= Number(runs); run++) {
      // As after each letter: the text is another one.
      const document = { ...page, text: `${page.text}${"x".repeat(run)}` };
      const direct = await longestTurn(() => {
        judge(document, finderIn(document, language)(document.text));
        return Promise.resolve();
      });
      const threaded = await longestTurn(async () => {
        judge(document, await thread.find(document, language));
      });
      // The first run loads the parsers.
      if (run > 0) {
        here.push(direct);
        there.push(threaded);
      }
    }
    process.stdout.write(
      `${language}, ${kilobytes} kB: ${median(here)} ms with the parser in this thread, ${median(there)} ms without\n`,
    );
  }
  thread.dispose();
}

void report();
