/**
 * A conversion file by file in a process of its own, so that a test can kill it or look at its memory.
 * Usage: `node streamChild.js CHECKPOINT WORK OUT PRECISION [MOMENT]`. Each weight file is deleted when it
 * was taken. The moment, a number of bytes that are written or `taken`, is when it stops for ever, after
 * the line "held"; else it prints the peak of its memory in bytes.
 */

import { rm } from "node:fs/promises";
import { writeSync } from "node:fs";
import { openCheckpoint } from "../../src/convert/checkpoint/checkpoint";
import { hashSources } from "../../src/convert/output/sourceHashes";
import { StreamedConversion } from "../../src/convert/streamedConversion";

const [folder = "", work = "", out = "", precision = "", moment = ""] = process.argv.slice(2);

async function main(): Promise<void> {
  const checkpoint = await openCheckpoint(folder);
  const conversion = await StreamedConversion.open({
    ...{ checkpoint, precision, folder: work, identity: "" },
    onProgress: ({ doneBytes }) => {
      if (/^\d+$/.test(moment) && doneBytes >= Number(moment)) holdForEver();
    },
  });
  for (const { path: file, bytes } of checkpoint.weightFiles) {
    const [source] = await hashSources({ weightFiles: [{ path: file, bytes }] }, () => undefined);
    if (source === undefined) throw new Error(file);
    await conversion.take(source);
    if (moment === "taken") holdForEver();
    await rm(file);
  }
  await conversion.finish(out, "checkpoint");
  await conversion.close();
  // maxRSS is in KiB.
  writeSync(1, `${process.resourceUsage().maxRSS * 1024}\n`);
}

/** Blocks the whole thread, so that nothing can go on before the kill. */
function holdForEver(): void {
  writeSync(1, "held\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

void main();
