/** Waiting for something real, with a limit. */

/** Settles when the condition holds. @throws when that takes longer than `limitMs`. */
export async function until(
  condition: () => boolean,
  what: string,
  limitMs = 10_000,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`Waited ${limitMs} ms in vain: ${what}.`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** True while a process of this id is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
