/** Where the time of an answer goes, by operator, as ONNX Runtime's own profiler tells it. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { JsonObject } from "../../base/json";
import { releaseParts } from "../../engine/session/modelParts";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import type { SessionFactory } from "../../engine/session/session";
import { askBench, loadForBench, openEvery, questions, type MeasureOptions } from "./benchMeasure";
import type { ProfileRow } from "./benchReport";

/** What is no operator: opening stages, copying results, JavaScript. */
const OUTSIDE = { part: "all", operator: "outside of operators" };

/** The first one touches pages, so that it is not alone. */
const N_ANSWERS = 3;

export interface ProfileOptions extends Omit<MeasureOptions, "device" | "adapterBytes"> {
  /** Where the runtime may leave its notes for a while. @default the system's folder for such */
  readonly dir?: string;
}

/**
 * Answers a few questions about new pictures and gives the mean of each operator's time, the longest first.
 * The profiler makes everything a little slower. On the CPU only.
 * @throws AppError as `measureModel`.
 */
export async function profileModel(options: ProfileOptions): Promise<readonly ProfileRow[]> {
  const folder = await mkdtemp(path.join(options.dir ?? tmpdir(), "sightline-profile-"));
  try {
    const factory = profilingFactory(folder);
    const parts = await loadForBench({ ...options, device: "cpu" }, factory);
    let wallMs = 0;
    try {
      await openEvery(parts, options.signal);
      const [text] = await questions(options.folder);
      for (let seed = 1; seed <= N_ANSWERS; seed++) {
        const { timings } = await askBench(parts, {
          seed,
          text,
          numBeams: 1,
          signal: options.signal,
        });
        wallMs += timings.total;
      }
    } finally {
      // The profiles are written when the sessions are released.
      await releaseParts(parts);
    }
    return rowsOf(await readProfiles(folder), wallMs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A factory whose sessions leave a profile each, named by the part. */
function profilingFactory(folder: string): SessionFactory {
  const inner = createOrtSessionFactory();
  let nOpened = 0;
  return {
    open: (graph, options) => {
      const name = typeof graph === "string" ? path.basename(graph) : "graph";
      const [part = name] = name.split(".");
      nOpened += 1;
      return inner.open(graph, {
        ...options,
        profileTo: path.join(folder, `${part}.${nOpened}`),
      });
    },
  };
}

/** Text of each profile, with its part. */
async function readProfiles(
  folder: string,
): Promise<readonly { readonly part: string; readonly text: string }[]> {
  const profiles = [];
  for (const file of await readdir(folder)) {
    const [part = file] = file.split(".");
    profiles.push({ part, text: await readFile(path.join(folder, file), "utf8") });
  }
  return profiles;
}

function rowsOf(
  profiles: readonly { readonly part: string; readonly text: string }[],
  wallMs: number,
): readonly ProfileRow[] {
  const rows = new Map<string, ProfileRow>();
  let insideMs = 0;
  for (const { part, text } of profiles) {
    for (const { operator, milliseconds } of operatorTimes(text)) {
      insideMs += milliseconds;
      const key = `${part} ${operator}`;
      const before = rows.get(key)?.milliseconds ?? 0;
      rows.set(key, { part, operator, milliseconds: before + milliseconds / N_ANSWERS });
    }
  }
  const outside = Math.max(0, wallMs - insideMs) / N_ANSWERS;
  const all = [...rows.values(), { ...OUTSIDE, milliseconds: outside }];
  return all.sort((a, b) => b.milliseconds - a.milliseconds);
}

/** What the runtime writes: a list of events, of which those of kernels have an operator and microseconds. */
function operatorTimes(
  text: string,
): readonly { readonly operator: string; readonly milliseconds: number }[] {
  const at = { file: "The profile of ONNX Runtime", code: "internal" } as const;
  const events = JsonObject.parse(`{"events":${text}}`, at).array("events");
  return events.flatMap((value, i) => {
    const event = new JsonObject(value, { ...at, path: `events.${i}` });
    if (event.raw("cat") !== "Node" || !event.string("name").endsWith("_kernel_time")) return [];
    const operator = event.object("args").string("op_name");
    return [{ operator, milliseconds: event.number("dur") / 1000 }];
  });
}
