/**
 * Compares a server that serves a kit's checkpoint with what transformers computed: the texts, because a server
 * shows nothing else. Knows no protocol.
 */

import { throwIfAborted } from "../../base/errors";
import { resolveGenerationOptions } from "../../model/ask/generationOptions";
import type { GenerateRequest, GenerateResult } from "../../model/ask/request";
import type { GenerationCounts } from "./generations";
import { type KitGeneration, readKit, readKitPicture } from "./kit";

export interface RemotePort {
  readonly generate: (request: GenerateRequest) => Promise<GenerateResult>;
  /** Texts as `generate` gives them, without what a terminal should not get. */
  readonly cleaned: (text: string) => string;
  /** Whether the server has beams. */
  readonly hasBeams: boolean;
  readonly signal: AbortSignal;
  /** Called with a line for people before each picture. */
  readonly onProgress: (text: string) => void;
}

export interface RemoteReport {
  readonly kind: string;
  readonly generation: GenerationCounts;
  /** Settings that a server cannot be asked for: chance, and beams where it has none. */
  readonly skipped: readonly string[];
  readonly ok: boolean;
}

/**
 * Asks for every case of a kit; of several texts the best one is compared.
 * @throws AppError `kit.invalid`, and as the port.
 */
export async function verifyRemote(folder: string, port: RemotePort): Promise<RemoteReport> {
  const kit = await readKit(folder);
  const counts: Record<string, { cases: number; equal: number }> = {};
  const skipped = new Set<string>();
  for (const { name, image: file, text, generation } of kit.cases) {
    port.onProgress(`Asking about ${name}`);
    const image = await readKitPicture(kit, file);
    for (const recorded of generation) {
      const { setting, texts } = recorded;
      const best = texts?.[0];
      if (best === undefined || !canAsk(recorded, port)) {
        skipped.add(setting);
        continue;
      }
      throwIfAborted(port.signal);
      const { sequences } = await port.generate({
        ...{ image, imageName: file, alpha: "drop" },
        prompt: { kind: "raw", text },
        options: { ...recorded.options, numReturnSequences: 1 },
      });
      const count = (counts[setting] ??= { cases: 0, equal: 0 });
      count.cases++;
      if (sequences[0]?.text === port.cleaned(best)) count.equal++;
    }
  }
  const all = Object.values(counts);
  const ok = all.length > 0 && all.every(({ cases, equal }) => cases === equal);
  return { kind: kit.kind, generation: counts, skipped: [...skipped], ok };
}

function canAsk({ options }: KitGeneration, { hasBeams }: RemotePort): boolean {
  const { doSample, numBeams } = resolveGenerationOptions({ ...options, numReturnSequences: 1 });
  return !doSample && (numBeams === 1 || hasBeams);
}
