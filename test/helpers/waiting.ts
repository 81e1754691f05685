/** Waiting for something real, with a limit. */

import { readFileSync } from "node:fs";

/** What takes longer hangs: far more than anything here takes on the busiest machine. */
export const HANG_MS = 60_000;

/** Settles when the condition holds. @throws when that takes longer than `limitMs`. */
export async function until(
  condition: () => boolean,
  what: string,
  limitMs = HANG_MS,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`Waited ${limitMs} ms in vain: ${what}.`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** True while a process of this id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

/** An orphan that has ended keeps its id until somebody reaps it, which not every container does. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    // No /proc on this platform.
    return false;
  }
}
