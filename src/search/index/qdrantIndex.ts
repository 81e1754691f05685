/**
 * An index on a Qdrant server, for more pictures than one machine should compare, or for a team. A point is a
 * picture: its vectors as one multivector, whose `max_sim` with the one vector of a text is ITC; and all of them in
 * one row, whose product is the mean over the rows. Every search is exact: a graph of neighbours and the largest of
 * many products do not go together.
 */

import { createHash } from "node:crypto";
import { throwIfAborted } from "../../base/errors";
import type { Alike, AlikePair, Nearest, Neighbour, PictureIndex } from "./pictureIndex";
import type { QdrantServer } from "./qdrantServer";
import type { PictureTraits, RecordShape, VectorRecord } from "./vectorRecord";

export interface QdrantIndexOptions {
  readonly server: QdrantServer;
  /** One for each model, and way to look at pictures. */
  readonly collection: string;
  readonly shape: RecordShape;
}

/** Names of a point's vectors. */
const QUERIES = "queries";
const WHOLE = "whole";

/** Points of a page when all are listed. */
const PAGE = 10_000;
/** Ids of one request: 2 MB. */
const MAX_IDS = 50_000;
/** Pictures whose similarities stand for those of all. */
const SAMPLE = 1000;
/** Pictures that are compared with all others in one request. */
const BATCH = 16;

interface Point {
  readonly id: string;
  readonly traits: PictureTraits;
}

/** @throws AppError `remote.denied`, `remote.failed`; so do all its methods. */
export async function openQdrantIndex(options: QdrantIndexOptions): Promise<PictureIndex> {
  const index = new QdrantIndex(options);
  await index.load();
  return index;
}

class QdrantIndex implements PictureIndex {
  readonly #server: QdrantServer;
  readonly #collection: string;
  readonly #shape: RecordShape;
  /** By digest, in the order of the server. */
  readonly #points = new Map<string, Point>();
  readonly #digestOf = new Map<string, string>();

  constructor({ server, collection, shape }: QdrantIndexOptions) {
    this.#server = server;
    this.#collection = collection;
    this.#shape = shape;
  }

  get size(): number {
    return this.#points.size;
  }

  has(digest: string): boolean {
    return this.#points.has(digest);
  }

  traits(digest: string): PictureTraits | undefined {
    return this.#points.get(digest)?.traits;
  }

  digests(): readonly string[] {
    return [...this.#points.keys()];
  }

  /** Makes the collection where there is none, and lists what is in it, without vectors. */
  async load(): Promise<void> {
    const { exists } = await this.#server.ask((to) => to.collectionExists(this.#collection));
    if (!exists) await this.#create();
    let offset: string | number | undefined;
    do {
      const page = await this.#server.ask((to) =>
        to.scroll(this.#collection, {
          ...{ limit: PAGE, with_payload: true, with_vector: false },
          ...(offset === undefined ? {} : { offset }),
        }),
      );
      for (const { id, payload } of page.points) this.#note(String(id), payload ?? {});
      const next = page.next_page_offset;
      offset = typeof next === "string" || typeof next === "number" ? next : undefined;
    } while (offset !== undefined);
  }

  async put({ digest, vectors, ...traits }: VectorRecord): Promise<void> {
    const { rows, width } = this.#shape;
    if (this.has(digest)) return;
    if (vectors.length !== rows * width || !vectors.every(Number.isFinite)) {
      throw new RangeError("no vectors of this shape");
    }
    const id = idOf(digest);
    const { width: pixelWidth, height, isOneColor, look } = traits;
    const payload = { digest, width: pixelWidth, height, isOneColor, look };
    const vector = { [QUERIES]: rowsOf(vectors, width), [WHOLE]: wholeOf(vectors, rows) };
    const points = [{ id, payload, vector }];
    await this.#server.ask((to) => to.upsert(this.#collection, { wait: true, points }));
    this.#note(id, payload);
  }

  async search(text: Float32Array, nearest: Nearest): Promise<readonly Neighbour[]> {
    return await this.#nearest({ query: [[...text]], using: QUERIES }, nearest);
  }

  async similar(picture: Float32Array, nearest: Nearest): Promise<readonly Neighbour[]> {
    const query = wholeOf(picture, this.#shape.rows);
    return await this.#nearest({ query, using: WHOLE }, nearest);
  }

  /** Of each picture the server gives more than are wanted, because it does not know which are. */
  async alike(alike: Alike): Promise<readonly AlikePair[]> {
    const { isWanted, least, k, signal, onProgress } = alike;
    const wanted = [...this.#points].filter(([digest]) => isWanted(digest));
    const pairs = new Map<string, AlikePair>();
    for (let begin = 0; begin < wanted.length; begin += BATCH) {
      throwIfAborted(signal);
      onProgress?.(begin, wanted.length);
      const some = wanted.slice(begin, begin + BATCH);
      const searches = some.map(([, { id }]) => ({
        ...{ query: id, using: WHOLE, limit: 4 * k, score_threshold: least, params: EXACT },
      }));
      const found = await this.#server.ask((to) => to.queryBatch(this.#collection, { searches }));
      for (const [i, [digest]] of some.entries()) {
        const others = this.#neighbours(found[i]?.points ?? [])
          .filter((other) => other.digest !== digest && isWanted(other.digest))
          .slice(0, k);
        for (const { digest: other, similarity } of others) {
          const [a, b] = digest < other ? [digest, other] : [other, digest];
          pairs.set(`${a} ${b}`, { a, b, similarity });
        }
      }
    }
    return [...pairs.values()];
  }

  async vectors(digest: string): Promise<Float32Array | undefined> {
    const point = this.#points.get(digest);
    if (point === undefined) return undefined;
    const { rows, width } = this.#shape;
    const found = await this.#server.ask((to) =>
      to.retrieve(this.#collection, {
        ...{ ids: [point.id], with_payload: false, with_vector: [QUERIES] },
      }),
    );
    const vector = found[0]?.vector as { readonly [QUERIES]?: unknown } | undefined;
    const values = vector?.[QUERIES];
    if (!Array.isArray(values)) return undefined;
    const flat = Float32Array.from(values.flat() as number[]);
    return flat.length === rows * width ? flat : undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #create(): Promise<void> {
    const { rows, width } = this.#shape;
    // Halves, as in the index of a machine; no graph, because nothing would use it.
    const how = { distance: "Dot", datatype: "float16", hnsw_config: { m: 0 } } as const;
    const vectors = {
      [QUERIES]: { ...how, size: width, multivector_config: { comparator: "max_sim" as const } },
      [WHOLE]: { ...how, size: rows * width },
    };
    await this.#server.ask(async (to) => {
      try {
        await to.createCollection(this.#collection, { vectors });
      } catch (thrown) {
        // Several machines that begin at once: one of them makes it.
        if (!(await to.collectionExists(this.#collection)).exists) throw thrown;
      }
    });
  }

  async #nearest(
    how: { readonly query: number[] | number[][]; readonly using: string },
    { k, isWanted, onScores }: Nearest,
  ): Promise<readonly Neighbour[]> {
    const ids = isWanted === undefined ? undefined : this.#idsOf(isWanted);
    const query = async (
      limit: number,
      among: readonly string[] | undefined,
    ): Promise<readonly Neighbour[]> => {
      const filter = among === undefined ? {} : { filter: { must: [{ has_id: [...among] }] } };
      const { points } = await this.#server.ask((to) =>
        to.query(this.#collection, { ...how, limit, params: EXACT, ...filter }),
      );
      return this.#neighbours(points);
    };
    if (onScores !== undefined) {
      const sample = sampleOf(ids ?? [...this.#digestOf.keys()]);
      const scores = sample.length === 0 ? [] : await query(sample.length, sample);
      onScores(Float32Array.from(scores, ({ similarity }) => similarity));
    }
    const found: Neighbour[] = [];
    if (ids === undefined) found.push(...(await query(k, undefined)));
    else {
      for (let begin = 0; begin < ids.length; begin += MAX_IDS) {
        found.push(...(await query(k, ids.slice(begin, begin + MAX_IDS))));
      }
    }
    return found
      .sort((a, b) => b.similarity - a.similarity || (a.digest < b.digest ? -1 : 1))
      .slice(0, k);
  }

  /** Undefined for all, which need not be named. */
  #idsOf(isWanted: (digest: string) => boolean): readonly string[] | undefined {
    const ids = [...this.#points].flatMap(([digest, { id }]) => (isWanted(digest) ? [id] : []));
    return ids.length === this.#points.size && ids.length > 0 ? undefined : ids;
  }

  /** What another machine has added since is not known here. */
  #neighbours(
    points: readonly { readonly id: string | number; readonly score: number }[],
  ): readonly Neighbour[] {
    return points.flatMap(({ id, score }) => {
      const digest = this.#digestOf.get(String(id));
      return digest === undefined ? [] : [{ digest, similarity: score }];
    });
  }

  #note(id: string, payload: Readonly<Record<string, unknown>>): void {
    const { digest, width, height, isOneColor, look } = payload;
    // Somebody else's point is none of ours.
    if (typeof digest !== "string" || idOf(digest) !== id) return;
    if (typeof width !== "number" || typeof height !== "number") return;
    if (typeof look !== "string" || !/^[0-9a-f]{16}$/.test(look)) return;
    const traits = { width, height, isOneColor: isOneColor === true, look };
    this.#points.set(digest, { id, traits });
    this.#digestOf.set(id, digest);
  }
}

const EXACT = { exact: true } as const;

/** A UUID of the first half of a digest; empty for what is none. */
function idOf(digest: string): string {
  const [, ...parts] =
    /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})[0-9a-f]{32}$/.exec(
      digest,
    ) ?? [];
  return parts.join("-");
}

function rowsOf(vectors: Float32Array, width: number): number[][] {
  const rows: number[][] = [];
  for (let at = 0; at < vectors.length; at += width) {
    rows.push([...vectors.subarray(at, at + width)]);
  }
  return rows;
}

/** All rows in one, so that a product of two is the mean of the products of their rows. */
function wholeOf(vectors: Float32Array, rows: number): number[] {
  const scale = 1 / Math.sqrt(rows);
  return Array.from(vectors, (value) => value * scale);
}

/** The same for the same ids, and of no order that they have. */
function sampleOf(ids: readonly string[]): readonly string[] {
  if (ids.length <= SAMPLE) return ids;
  const keyed = ids.map((id) => ({ id, key: createHash("sha1").update(id).digest("hex") }));
  return keyed
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, SAMPLE)
    .map(({ id }) => id);
}
