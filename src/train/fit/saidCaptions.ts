/** What a model says of held-out pictures, beside what people wrote. */

import { readFile } from "node:fs/promises";
import { throwIfAborted } from "../../base/errors";
import type { Logger } from "../../base/logger";
import { loadEngine } from "../../engine/blip2Engine";
import type { SessionFactory } from "../../engine/session/session";
import type { FreeBytes } from "../../engine/session/stagedSession";
import type { Example } from "./examples";

/** Of one picture. */
export interface SaidCaption {
  readonly candidate: string;
  readonly references: readonly string[];
}

/** Likeliest words, without beams, because these take five times as long. */
const OPTIONS = { maxNewTokens: 30 } as const;

/** @throws AppError as the engine's, `request.cancelled` between two pictures. */
export async function saidCaptions(
  folder: string,
  examples: readonly Example[],
  at: {
    readonly factory: SessionFactory;
    readonly logger: Logger;
    readonly freeBytes?: FreeBytes | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<SaidCaption[]> {
  const { factory, logger, freeBytes, signal } = at;
  const engine = await loadEngine({
    ...{ folder, device: "cpu", factory, logger },
    ...(freeBytes && { freeBytes }),
  });
  const said: SaidCaption[] = [];
  try {
    for (const image of new Set(examples.map((example) => example.image))) {
      throwIfAborted(signal);
      const { sequences } = await engine.generate({
        ...{ image: await readFile(image), imageName: image },
        ...{ prompt: { kind: "caption" }, options: OPTIONS },
      });
      const own = examples.filter((example) => example.image === image);
      said.push({
        candidate: sequences[0]?.text.trim() ?? "",
        references: own.map(({ text }) => text),
      });
    }
  } finally {
    await engine.release();
  }
  return said;
}
