/** Processes below a process, as Linux shows them in /proc. */

import { readdirSync, readFileSync } from "node:fs";

export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** The program and its arguments. */
  readonly commandLine: readonly string[];
}

/** Every living descendant of a process, parents before their children. */
export function descendantsOf(pid: number): ProcessEntry[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readEntry(Number(name)));
  const found: ProcessEntry[] = [];
  const parents = new Set([pid]);
  let grown = true;
  while (grown) {
    const next = all.filter((entry) => parents.has(entry.parentPid) && !parents.has(entry.pid));
    for (const entry of next) parents.add(entry.pid);
    found.push(...next);
    grown = next.length > 0;
  }
  return found;
}

/** SIGKILL for a process and everything below it. */
export function killTree(pid: number): void {
  const pids = [
    ...descendantsOf(pid)
      .map((entry) => entry.pid)
      .reverse(),
    pid,
  ];
  for (const each of pids) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

/** Empty for a process that ended while it was looked at, and for a zombie. */
function readEntry(pid: number): ProcessEntry[] {
  try {
    // The second field is a name in parentheses, which may hold parentheses and spaces itself.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parentPid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z") return [];
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    return [{ pid, parentPid: Number(parentPid), commandLine }];
  } catch {
    return [];
  }
}
