/** What happened at each step, one JSON object a line. */

import { open, readFile, rename, writeFile, type FileHandle } from "node:fs/promises";

export interface LogEntry {
  /** Steps taken. */
  readonly step: number;
  /** Since this process began. */
  readonly elapsedMs: number;
  readonly losses: Readonly<Record<string, number>>;
  /** Of what is kept out of training. */
  readonly figures?: Readonly<Record<string, number>>;
}

export class TrainingLog {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Opens a log to go on behind a step: what was written after the last saved state is taken away. */
  static async open(file: string, step: number): Promise<TrainingLog> {
    const kept = (await readLog(file)).filter((entry) => entry.step <= step);
    const beside = `${file}.partial`;
    await writeFile(beside, kept.map(lineOf).join(""));
    await rename(beside, file);
    return new TrainingLog(await open(file, "a"));
  }

  async add(entry: LogEntry): Promise<void> {
    await this.#handle.appendFile(lineOf(entry));
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** The entries of a log; a line that was cut by the end of its process is left out. */
export async function readLog(file: string): Promise<LogEntry[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as LogEntry];
    } catch {
      return [];
    }
  });
}

function lineOf(entry: LogEntry): string {
  return `${JSON.stringify(entry)}\n`;
}
