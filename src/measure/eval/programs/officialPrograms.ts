/**
 * METEOR and SPICE, and the tokenizer, by the authors' own programs for Java, in a folder with pycocoevalcap's
 * layout. Nothing of them is part of this program.
 */

import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AppError } from "../../../base/errors";
import type { ScoredCaption } from "../../metrics/ngrams";
import { meanOf } from "../../metrics/pythonText";
import { LineProgram, type ProgramCall, runLines } from "./lineProgram";

/** As people and models wrote it. */
export type RawCaption = ScoredCaption;

export const EXTRA_METRICS = ["METEOR", "SPICE"] as const;
export type ExtraMetric = (typeof EXTRA_METRICS)[number];

export interface ExtraMetrics {
  readonly corpus: Readonly<Partial<Record<ExtraMetric, number>>>;
  readonly each: Readonly<Partial<Record<ExtraMetric, readonly number[]>>>;
  /** Why one was not computed. */
  readonly reasons: Readonly<Partial<Record<ExtraMetric, string>>>;
}

/** Said where nobody named a folder. */
export const NO_PROGRAMS =
  "not computed (needs Java and the official files; pass --coco-caption FOLDER)";

const JARS = {
  tokenizer: path.join("tokenizer", "stanford-corenlp-3.4.1.jar"),
  METEOR: path.join("meteor", "meteor-1.5.jar"),
  SPICE: path.join("spice", "spice-1.0.jar"),
} as const;
type JarName = keyof typeof JARS;

export interface OfficialOptions {
  /** Has tokenizer/, meteor/ and spice/, or some of them. */
  readonly folder: string;
  /** @default "java" */
  readonly java?: string;
  readonly signal?: AbortSignal | undefined;
  /** As in `ProgramCall`. */
  readonly silenceMs?: number | undefined;
}

/** From here on the JVM refuses what SPICE's libraries do unless it is told not to. */
const CLOSED_JAVA = 16;

export class OfficialPrograms {
  readonly #options: OfficialOptions;
  readonly #java: { readonly text: string; readonly major: number };
  readonly #hashes: Readonly<Partial<Record<JarName, string>>>;

  private constructor(
    options: OfficialOptions,
    java: { readonly text: string; readonly major: number },
    hashes: Readonly<Partial<Record<JarName, string>>>,
  ) {
    this.#options = options;
    this.#java = java;
    this.#hashes = hashes;
  }

  /** @throws AppError `document.missing` without any of the files, `document.unreadable` without Java. */
  static async open(options: OfficialOptions): Promise<OfficialPrograms> {
    const hashes: Partial<Record<JarName, string>> = {};
    for (const name of Object.keys(JARS) as JarName[]) {
      const file = path.join(options.folder, JARS[name]);
      if (!(await stat(file).catch(() => undefined))?.isFile()) continue;
      hashes[name] = createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
    }
    if (Object.keys(hashes).length === 0) {
      throw new AppError(
        "document.missing",
        `${options.folder} has none of ${Object.values(JARS).join(", ")}. Give a folder with pycocoevalcap's layout.`,
        { detail: { file: options.folder } },
      );
    }
    return new OfficialPrograms(options, await javaVersion(options), hashes);
  }

  /** What made the figures: the version of Java and the sha256 of each file. */
  get description(): { readonly java: string; readonly sha256: object } {
    return { java: this.#java.text, sha256: this.#hashes };
  }

  /** Tokens of each side, all captions of one together; undefined without the tokenizer. */
  async tokenize(sides: readonly (readonly string[])[]): Promise<string[][] | undefined> {
    if (this.#hashes.tokenizer === undefined) return undefined;
    const out: string[][] = [];
    for (const captions of sides) out.push(await this.#tokens(captions));
    return out;
  }

  /** @throws AppError `request.cancelled`; whatever else goes wrong is a reason. */
  async metrics(captions: readonly ScoredCaption[]): Promise<ExtraMetrics> {
    const corpus: Partial<Record<ExtraMetric, number>> = {};
    const each: Partial<Record<ExtraMetric, readonly number[]>> = {};
    const reasons: Partial<Record<ExtraMetric, string>> = {};
    for (const name of EXTRA_METRICS) {
      try {
        if (this.#hashes[name] === undefined) {
          reasons[name] = `not computed (there is no ${JARS[name]} in ${this.#options.folder})`;
          continue;
        }
        const scores = await (name === "METEOR" ? this.#meteor(captions) : this.#spice(captions));
        corpus[name] = scores.corpus;
        each[name] = scores.each;
      } catch (thrown) {
        const error = AppError.from(thrown);
        if (error.code === "request.cancelled") throw error;
        reasons[name] = `not computed (${error.message})`;
      }
    }
    return { corpus, each, reasons };
  }

  async #tokens(captions: readonly string[]): Promise<string[]> {
    return await inFolder(async (folder) => {
      const file = path.join(folder, "captions.txt");
      const text = captions.map((caption) =>
        caption.replaceAll(/[\n\r\v\f\u0085\u2028\u2029]/g, " "),
      );
      await writeFile(file, text.join("\n"));
      const main = "edu.stanford.nlp.process.PTBTokenizer";
      const args = [
        "-cp",
        path.basename(JARS.tokenizer),
        main,
        "-preserveLines",
        "-lowerCase",
        file,
      ];
      const lines = await runLines(this.#call("tokenizer", args), "");
      // The last line has no end, so that an empty one at the end is not printed.
      while (lines.length < captions.length) lines.push("");
      if (lines.length !== captions.length) {
        throw new AppError(
          "document.unreadable",
          `The tokenizer made ${lines.length} lines of ${captions.length} captions.`,
        );
      }
      const dropped = new Set("'' ' `` ` -LRB- -RRB- -LCB- -RCB- . ? ! , : - -- ... ;".split(" "));
      return lines.map((line) =>
        line
          .trimEnd()
          .split(" ")
          .filter((token) => !dropped.has(token))
          .join(" "),
      );
    });
  }

  /** Statistics of each caption first; then all of them at once give each score and the corpus'. */
  async #meteor(captions: readonly ScoredCaption[]): Promise<MetricScores> {
    const args = [
      "-jar",
      "-Xmx2G",
      path.basename(JARS.METEOR),
      "-",
      "-",
      "-stdio",
      "-l",
      "en",
      "-norm",
    ];
    const program = new LineProgram(this.#call("METEOR", args));
    try {
      const clean = (text: string): string => text.replaceAll("|||", "").replaceAll("  ", " ");
      const statistics: string[] = [];
      for (const { candidate, references } of captions) {
        program.write(`SCORE ||| ${references.join(" ||| ")} ||| ${clean(candidate)}\n`);
        statistics.push(...(await program.read(1)));
      }
      program.write(`EVAL ||| ${statistics.join(" ||| ")}\n`);
      const figures = (await program.read(captions.length + 1)).map(Number);
      if (!figures.every(Number.isFinite)) {
        throw new AppError("document.unreadable", "METEOR printed what is no number.");
      }
      return { each: figures.slice(0, -1), corpus: figures.at(-1) ?? NaN };
    } finally {
      program.dispose();
    }
  }

  async #spice(captions: readonly ScoredCaption[]): Promise<MetricScores> {
    return await inFolder(async (folder) => {
      const [input, output] = [path.join(folder, "in.json"), path.join(folder, "out.json")];
      const rows = captions.map(({ candidate, references }, i) => ({
        ...{ image_id: i, test: candidate, refs: references },
      }));
      await writeFile(input, JSON.stringify(rows));
      const open =
        this.#java.major >= CLOSED_JAVA ? ["--add-opens", "java.base/java.lang=ALL-UNNAMED"] : [];
      const jar = path.basename(JARS.SPICE);
      // Without its cache, whose library is not there for every processor.
      const args = [...open, "-jar", "-Xmx8G", jar, input, "-out", output, "-subset", "-silent"];
      await runLines(this.#call("SPICE", args), "");
      return spiceScores(await readFile(output, "utf8"), captions.length);
    });
  }

  #call(name: JarName, args: readonly string[]): ProgramCall {
    const { folder, java = "java", signal, silenceMs } = this.#options;
    const cwd = path.resolve(folder, path.dirname(JARS[name]));
    return { name, command: java, args, cwd, signal, silenceMs };
  }
}

interface MetricScores {
  readonly corpus: number;
  readonly each: readonly number[];
}

/** Java writes a score that is no number as NaN, which JSON does not know. */
function spiceScores(text: string, count: number): MetricScores {
  const rows = JSON.parse(text.replaceAll(/:\s*NaN\b/g, ":null")) as readonly {
    readonly image_id: number;
    readonly scores: { readonly All: { readonly f: number | null } };
  }[];
  const byId = new Map(rows.map((row) => [row.image_id, row.scores.All.f]));
  const each = Array.from({ length: count }, (_, i) => byId.get(i) ?? NaN);
  const nWithout = each.filter((score) => !Number.isFinite(score)).length;
  if (nWithout > 0) {
    throw new AppError(
      "document.unreadable",
      `SPICE gave no number for ${nWithout} of ${count} pictures`,
    );
  }
  return { corpus: meanOf(each), each };
}

/** As it says it itself, on standard error: `openjdk version "17.0.15"`, and until Java 8 `"1.8.0"`. */
async function javaVersion({ java = "java", signal }: OfficialOptions): Promise<{
  readonly text: string;
  readonly major: number;
}> {
  const call = { name: "Java", command: java, args: ["-version"], signal, silenceMs: 60_000 };
  const program = new LineProgram(call);
  program.endInput();
  await program.readAll();
  const text = program.errorText.split("\n")[0] ?? "";
  const major = /"(?:1\.)?(\d+)/.exec(text)?.[1];
  return { text, major: Number(major ?? 0) };
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "sightline-eval-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
