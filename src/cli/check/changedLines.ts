/** What a repository says was changed: lines of documents, and files of pictures. Runs git and nothing else. */

import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { AppError } from "../../base/errors";

const run = promisify(execFile);

/** Diffs of more than this are no review. */
const MAX_OUTPUT = 256 << 20;

export interface Changes {
  /** Absolute paths of the files that were added or changed. */
  readonly files: ReadonlySet<string>;
  /** Those of them that were there before. */
  readonly modified: ReadonlySet<string>;
  /** True when one of the lines, from one, was added or changed. */
  touches(file: string, first: number, last: number): boolean;
}

/**
 * What differs from the point where this branch left another one.
 * @param ref the other branch or commit; without one the last commit.
 * @throws AppError `option.invalid` outside of a repository, or for a name that git does not know.
 */
export async function changesSince(ref: string | undefined): Promise<Changes> {
  if (ref?.startsWith("-") === true) throw unknownRef(ref);
  const root = (await git(["rev-parse", "--show-toplevel"], ref)).trim();
  const base = ref === undefined ? "HEAD" : (await git(["merge-base", ref, "HEAD"], ref)).trim();
  const diff = await git(
    ["diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-renames", base, "--"],
    ref,
  );
  const statuses = await git(
    ["diff", "--name-status", "--no-renames", "-z", "--diff-filter=d", base, "--"],
    ref,
  );
  const untracked = await git(
    ["ls-files", "--others", "--exclude-standard", "-z", "--full-name", root],
    ref,
  );
  const fresh = absolute(untracked, root);
  const lines = addedLines(diff, root);
  return {
    files: new Set([...absolute(namesIn(statuses), root), ...fresh]),
    modified: new Set(absolute(namesIn(statuses, "M"), root)),
    touches: (file, first, last) => {
      if (fresh.includes(file)) return true;
      return (lines.get(file) ?? []).some(({ start, end }) => start <= last && first <= end);
    },
  };
}

/** The names in a list of statuses and names, each ended by a zero, or those of one status. */
function namesIn(statuses: string, only?: string): string {
  const parts = statuses.split("\0");
  return parts
    .filter((_, i) => i % 2 === 1 && (only === undefined || parts[i - 1] === only))
    .join("\0");
}

/** Names that git ends with a zero, as absolute paths. */
export function absolute(list: string, root: string): string[] {
  return list
    .split("\0")
    .filter((name) => name !== "")
    .map((name) => path.resolve(root, name));
}

interface Lines {
  readonly start: number;
  readonly end: number;
}

function addedLines(diff: string, root: string): Map<string, Lines[]> {
  const found = new Map<string, Lines[]>();
  let current: Lines[] | undefined;
  for (const line of diff.split("\n")) {
    if (line.startsWith("+++ ")) {
      const name = unquoted(line.slice("+++ ".length).replace(/\t$/, ""));
      current = name.startsWith("b/") ? [] : undefined;
      if (current !== undefined) found.set(path.resolve(root, name.slice(2)), current);
    }
    const [, start, count = "1"] = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (start === undefined || count === "0") continue;
    current?.push({ start: Number(start), end: Number(start) + Number(count) - 1 });
  }
  return found;
}

/** Git puts names with strange letters in quotes, with their bytes in octal. */
function unquoted(name: string): string {
  if (!name.startsWith('"')) return name;
  const bytes: number[] = [];
  const inner = name.slice(1, -1);
  for (let at = 0; at < inner.length; at++) {
    const octal = /^\\([0-7]{3})/.exec(inner.slice(at, at + 4))?.[1];
    if (octal !== undefined) {
      bytes.push(parseInt(octal, 8));
      at += 3;
    } else {
      if (inner.charAt(at) === "\\") at++;
      bytes.push(...Buffer.from(inner.charAt(at)));
    }
  }
  return Buffer.from(bytes).toString("utf8");
}

/**
 * What git prints.
 * @param ref what an error names. @param flag of the command, for the same purpose.
 * @throws AppError `option.invalid`.
 */
export async function git(
  args: readonly string[],
  ref: string | undefined,
  flag = "--changed",
): Promise<string> {
  try {
    const { stdout } = await run("git", args, { maxBuffer: MAX_OUTPUT });
    return stdout;
  } catch (thrown) {
    const said = (thrown as { readonly stderr?: string } | null)?.stderr ?? "";
    if (/not a git repository/i.test(said)) {
      throw new AppError(
        "option.invalid",
        `${flag} needs a git repository, and this folder is in none. Leave it out, or run it in one.`,
      );
    }
    throw unknownRef(ref ?? "HEAD", said);
  }
}

function unknownRef(ref: string, said = ""): AppError {
  const [reason = ""] = said.trim().split("\n");
  return new AppError(
    "option.invalid",
    `git cannot compare with ${ref}${reason === "" ? "" : ` (${reason})`}. Name a branch or commit that it knows, and fetch enough of its history.`,
  );
}
