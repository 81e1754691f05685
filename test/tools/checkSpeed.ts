/**
 * How long `alt check` takes for a made repository: cold, with nothing kept, and warm, with nothing changed since.
 * Medians of interleaved runs; files are in the system's memory in both cases.
 *   npm run report:check -- [DOCUMENTS,…] [RUNS] [EVERY]      one document in EVERY shows pictures
 */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const [sizes = "1000,10000", runs = "5", every = "9"] = process.argv.slice(2);
const PROGRAM = path.resolve("dist", "altCheck.js");

interface Kind {
  readonly ending: string;
  /** Of a hundred documents. */
  readonly share: number;
  /** What shows the pictures of the nth document. */
  readonly show: (n: number) => string;
}

const KINDS: readonly Kind[] = [
  {
    ending: "md",
    share: 46,
    show: (n) => `![A plan of part ${n}](../img/a.png)\n\n![](../img/b.png)\n`,
  },
  {
    ending: "html",
    share: 12,
    show: (n) => `<p><img src="../img/a.png" alt="Part ${n}"> <img src="c${n}.png"></p>\n`,
  },
  {
    ending: "rst",
    share: 12,
    show: (n) => `.. image:: ../img/a.png\n   :alt: Part ${n}\n\n.. image:: ../img/b.png\n`,
  },
  { ending: "adoc", share: 10, show: (n) => `image::../img/a.png[Part ${n}, seen from above]\n` },
  {
    ending: "tsx",
    share: 8,
    show: (n) => `export const P${n} = () => <img src="/img/a.png" alt="" />;\n`,
  },
  {
    ending: "mdx",
    share: 6,
    show: (n) => `![Part ${n}](../img/a.png)\n\n<img src="../img/b.png" />\n`,
  },
  {
    ending: "vue",
    share: 4,
    show: (n) => `<template><img src="../img/a.png" alt="Part ${n}"></template>\n`,
  },
  { ending: "tex", share: 2, show: (n) => `\\includegraphics[alt={Part ${n}}]{../img/a}\n` },
];
const WORDS =
  "the of a valve pump to is in and must be set before start pressure when it was".split(" ");

/** Repeatable words, some five kilobytes in paragraphs. */
function prose(seed: number): string[] {
  let state = seed * 2654435761;
  const word = (): string => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return WORDS[state % WORDS.length] ?? "";
  };
  const paragraph = (): string => Array.from({ length: 80 }, word).join(" ");
  return Array.from({ length: 14 }, paragraph);
}

function textOf({ ending, show }: Kind, n: number): string {
  const paragraphs = prose(n);
  const shown = n % Number(every) === 0 ? show(n) : "";
  if (ending === "tsx") return `// ${paragraphs.join("\n// ")}\n${shown}export const q = ${n};\n`;
  if (ending === "vue") return `<!-- ${paragraphs.join("\n")} -->\n${shown}<script></script>\n`;
  const text = ending === "html" ? paragraphs.map((words) => `<p>${words}</p>`) : paragraphs;
  return `${text.slice(0, 7).join("\n\n")}\n\n${shown}\n${text.slice(7).join("\n\n")}\n`;
}

function makeRepository(folder: string, nDocuments: number): void {
  const kinds = KINDS.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
  mkdirSync(path.join(folder, "img"), { recursive: true });
  mkdirSync(path.join(folder, ".git"));
  for (const name of ["a.png", "b.png"]) {
    copyFileSync(path.resolve("media/samples/red-circle.png"), path.join(folder, "img", name));
  }
  for (let n = 0; n < nDocuments; n++) {
    const place = path.join(folder, `part${Math.floor(n / 40)}`);
    mkdirSync(place, { recursive: true });
    // Neighbours are of different kinds.
    const kind = kinds[(n * 37) % kinds.length];
    if (kind === undefined) continue;
    writeFileSync(path.join(place, `page${n}.${kind.ending}`), textOf(kind, n));
  }
}

/** Tells at its end what a process took. */
const HOOK = `process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const cpu = userCPUTime + systemCPUTime;
  require("node:fs").writeFileSync(process.env.USAGE_FILE, JSON.stringify({ maxRSS, cpu }));
});`;

interface Run {
  readonly seconds: number;
  readonly cpu: number;
  readonly megabytes: number;
  readonly found: string;
  readonly note: string;
}

function run(place: string, folder: string): Run {
  const at = (name: string): string => path.join(place, name);
  writeFileSync(at("hook.cjs"), HOOK);
  const env = { ...process.env, SIGHTLINE_HOME: at("home"), USAGE_FILE: at("usage.json") };
  const report = `json=${at("out.json")}`;
  const args = ["--require", at("hook.cjs"), PROGRAM, ".", "--format", report];
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    ...{ cwd: folder, env, encoding: "utf8" },
  });
  const seconds = (performance.now() - began) / 1000;
  if (status !== 1) throw new Error(`It ended with ${String(status)}: ${stderr}`);
  const usage = JSON.parse(readFileSync(at("usage.json"), "utf8")) as Record<string, number>;
  return {
    seconds,
    cpu: (usage["cpu"] ?? NaN) / 1e6,
    megabytes: (usage["maxRSS"] ?? NaN) / 1024,
    found: readFileSync(at("out.json"), "utf8"),
    note: stderr.trim(),
  };
}

function shown(name: string, all: readonly Run[]): string {
  const of = (key: "seconds" | "cpu" | "megabytes", digits: number): string => {
    const sorted = all.map((one) => one[key]).sort((a, b) => a - b);
    return (sorted[Math.floor(sorted.length / 2)] ?? NaN).toFixed(digits);
  };
  return `  ${name}: ${of("seconds", 2)} s, ${of("cpu", 2)} s of processor time, ${of("megabytes", 0)} MB at most\n`;
}

for (const nDocuments of sizes.split(",").map(Number)) {
  const place = mkdtempSync(path.join(os.tmpdir(), "sightline-check-"));
  const folder = path.join(place, "repository");
  try {
    makeRepository(folder, nDocuments);
    const cold: Run[] = [];
    const warm: Run[] = [];
    for (let round = 0; round < Number(runs); round++) {
      rmSync(path.join(place, "home"), { recursive: true, force: true });
      cold.push(run(place, folder));
      warm.push(run(place, folder));
    }
    const isSame = cold.every(({ found }, n) => found === warm[n]?.found);
    if (!isSame) throw new Error("They found different things.");
    process.stdout.write(`${nDocuments} documents. ${cold[0]?.note ?? ""}\n`);
    process.stdout.write(shown("cold", cold) + shown("warm", warm));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
