/** Waiting for what the editor does not announce. */

import { setTimeout as delay } from "node:timers/promises";

const LIMIT_MS = 120_000;
const INTERVAL_MS = 50;

/** Asks again and again until the answer is yes. @throws when it is still no after two minutes */
export async function untilTrue(ask: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!(await ask())) {
    if (performance.now() > endMs) throw new Error(`Waited ${LIMIT_MS} ms in vain: ${what}.`);
    await delay(INTERVAL_MS);
  }
}
