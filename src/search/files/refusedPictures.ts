/**
 * Contents of files of which no picture came, and why, so that they are not tried again with each search. Lines of
 * JSON beside an index, because another way to decode and another model may do better. All of it can be lost at the
 * price of trying again.
 */

import { appendFile, mkdir, readFile } from "node:fs/promises";
import path from "node:path";

const FILE = "refused.jsonl";
/** At the begin of a reason, in the place of the file's name: a copy has another. */
const NAME = "\0";

export class RefusedPictures {
  readonly #file: string;
  readonly #why = new Map<string, string>();

  private constructor(file: string) {
    this.#file = file;
  }

  /** Never throws: what cannot be read is tried again. @param folder of the index. */
  static async open(folder: string): Promise<RefusedPictures> {
    const refused = new RefusedPictures(path.join(folder, FILE));
    const text = await readFile(refused.#file, "utf8").catch(() => "");
    for (const line of text.split("\n")) refused.#read(line);
    return refused;
  }

  /** Why no picture came of this content, told of a file that has it. */
  whyNot(digest: string, file: string): string | undefined {
    const why = this.#why.get(digest);
    return why?.startsWith(NAME) === true ? file + why.slice(NAME.length) : why;
  }

  /** Never throws: a full disk only means that it is tried again. */
  async add(
    digest: string,
    { file, why }: { readonly file: string; readonly why: string },
  ): Promise<void> {
    const unnamed = why.startsWith(file) ? NAME + why.slice(file.length) : why;
    if (this.#why.get(digest) === unnamed) return;
    this.#why.set(digest, unnamed);
    try {
      await mkdir(path.dirname(this.#file), { recursive: true });
      // A line that was torn before ends here.
      await appendFile(this.#file, `\n${JSON.stringify([digest, unnamed])}\n`);
    } catch {
      return;
    }
  }

  /** The file is being deleted. */
  forget(): void {
    this.#why.clear();
  }

  #read(line: string): void {
    if (line === "") return;
    try {
      const [digest, why] = JSON.parse(line) as unknown[];
      if (typeof digest !== "string" || typeof why !== "string") return;
      if (/^[0-9a-f]{64}$/.test(digest)) this.#why.set(digest, why);
    } catch {
      return;
    }
  }
}
