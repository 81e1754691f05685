/**
 * What a Qdrant server answers, in memory: the routes, bodies and errors of its published OpenAPI description that
 * the index uses, with exact products. It refuses fields that the description does not have, and writes down what
 * it was asked. No Qdrant runs behind it.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Stored {
  readonly id: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly vector: Readonly<Record<string, number[] | number[][]>>;
}

interface Collection {
  readonly vectors: Readonly<Record<string, { size: number; isMulti: boolean }>>;
  readonly points: Map<string, Stored>;
}

interface Query {
  readonly query: string | number[] | number[][];
  readonly using: string;
  readonly limit: number;
  readonly score_threshold?: number;
  readonly params?: { readonly exact?: boolean };
  readonly filter?: { readonly must: readonly { readonly has_id: readonly string[] }[] };
}

/** Fields of each body, as the description names them. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  create: ["vectors"],
  upsert: ["points"],
  scroll: ["limit", "offset", "with_payload", "with_vector"],
  retrieve: ["ids", "with_payload", "with_vector"],
  query: ["query", "using", "limit", "params", "filter", "score_threshold"],
  "query/batch": ["searches"],
};

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class QdrantStandIn {
  readonly #server: Server;
  readonly #collections = new Map<string, Collection>();
  /** Such as "PUT /collections/a", oldest first. */
  readonly asked: string[] = [];
  /** What every request must bring. */
  key: string | undefined;
  /** Answers the next request of this kind with 500. */
  failing: string | undefined;
  /** Points of a page at most, whatever was asked for. */
  page = 3;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<QdrantStandIn> {
    const standIn = new QdrantStandIn();
    await new Promise<void>((resolve) => standIn.#server.listen(0, "127.0.0.1", resolve));
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get nPoints(): number {
    return [...this.#collections.values()].reduce((sum, { points }) => sum + points.size, 0);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ time: 0.001, ...body }));
    };
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const result = this.#answer(request, text === "" ? {} : (JSON.parse(text) as object));
      send(200, { status: "ok", result });
    } catch (thrown) {
      const status = thrown instanceof Refusal ? thrown.status : 400;
      send(status, { status: { error: (thrown as Error).message } });
    }
  }

  #answer({ method = "", url = "", headers }: IncomingMessage, body: object): unknown {
    const [route = "", ...rest] = url.split("?");
    this.asked.push(`${method} ${route}`);
    if (this.key !== undefined && headers.authorization !== `Bearer ${this.key}`) {
      throw new Refusal(401, "Must provide an API key or an Authorization bearer token");
    }
    const [, name = "", what = ""] = /^\/collections\/([^/]+)(?:\/(.+))?$/.exec(route) ?? [];
    if (this.failing !== undefined && `${method} ${what}` === this.failing) {
      this.failing = undefined;
      throw new Refusal(500, "Service internal error: No space left on device");
    }
    const given = body as Record<string, never>;
    switch (`${method} ${what}`) {
      case "GET exists":
        return { exists: this.#collections.has(name) };
      case "PUT ":
        return this.#create(name, only("create", given));
      case "PUT points":
        if (!rest.join().includes("wait=true")) throw new Refusal(400, "not waited for");
        return this.#upsert(name, only("upsert", given));
      case "POST points/scroll":
        return this.#scroll(name, only("scroll", given));
      case "POST points": {
        const { ids } = only("retrieve", given) as unknown as { ids: readonly string[] };
        const { points } = this.#collection(name);
        const found = ids.flatMap((id) => points.get(id) ?? []);
        return found.map(({ id, vector }) => ({ id, vector: { queries: vector["queries"] } }));
      }
      case "POST points/query":
        return { points: this.#query(name, only("query", given) as unknown as Query) };
      case "POST points/query/batch": {
        const { searches } = only("query/batch", given) as unknown as { searches: Query[] };
        return searches.map((one) => ({ points: this.#query(name, one) }));
      }
      default:
        throw new Refusal(404, `Not found: ${method} ${route}`);
    }
  }

  #collection(name: string): Collection {
    const found = this.#collections.get(name);
    if (found === undefined) throw new Refusal(404, `Collection \`${name}\` doesn't exist!`);
    return found;
  }

  #create(name: string, { vectors = {} }: Record<string, object>): boolean {
    if (this.#collections.has(name)) throw new Refusal(409, `Collection \`${name}\` exists`);
    const given = Object.entries(vectors as Record<string, Record<string, unknown>>);
    const known = given.map(([key, { size, distance, datatype, multivector_config: multi }]) => {
      if (distance !== "Dot" || datatype !== "float16") throw new Refusal(422, "vectors");
      const isMulti = (multi as { comparator?: string } | undefined)?.comparator === "max_sim";
      return [key, { size: size as number, isMulti }] as const;
    });
    this.#collections.set(name, { vectors: Object.fromEntries(known), points: new Map() });
    return true;
  }

  #upsert(name: string, { points }: Record<string, never>): object {
    const collection = this.#collection(name);
    for (const point of points as unknown as Stored[]) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(point.id)) {
        throw new Refusal(400, `value ${point.id} is not a valid point ID`);
      }
      for (const [key, { size, isMulti }] of Object.entries(collection.vectors)) {
        const vector = point.vector[key] ?? [];
        const rows = (isMulti ? vector : [vector]) as number[][];
        if (rows.length === 0 || rows.some((row) => row.length !== size)) {
          throw new Refusal(400, `Wrong input: Vector dimension error: expected dim: ${size}`);
        }
      }
      collection.points.set(point.id, point);
    }
    return { operation_id: 1, status: "completed" };
  }

  /** In the order of ids, as the server does. */
  #scroll(name: string, { offset, limit }: { offset?: string; limit?: number }): object {
    const all = [...this.#collection(name).points.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const begin = offset === undefined ? 0 : all.findIndex(({ id }) => id === offset);
    const end = begin + Math.min(this.page, limit ?? 10);
    const points = all.slice(begin, end).map(({ id, payload }) => ({ id, payload }));
    return { points, next_page_offset: all[end]?.id ?? null };
  }

  #query(name: string, { query, using, limit, filter, ...rest }: Query): readonly object[] {
    const { points, vectors } = this.#collection(name);
    if (vectors[using] === undefined) throw new Refusal(400, `Not existing vector name: ${using}`);
    if (rest.params?.exact !== true) throw new Refusal(400, "would be approximate");
    const asked = typeof query === "string" ? points.get(query)?.vector[using] : query;
    if (asked === undefined) throw new Refusal(404, "No point with that id");
    const ids = filter === undefined ? undefined : new Set(filter.must[0]?.has_id);
    return [...points.values()]
      .filter(({ id }) => id !== query && (ids === undefined || ids.has(id)))
      .map(({ id, vector }) => ({ id, version: 1, score: scoreOf(asked, vector[using] ?? []) }))
      .filter(({ score }) => score >= (rest.score_threshold ?? -Infinity))
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  }
}

/** The sum over the query's vectors of the largest product with any of the point's. */
function scoreOf(query: number[] | number[][], vector: number[] | number[][]): number {
  const [asked, stored] = [query, vector].map(
    (one) => (Array.isArray(one[0]) ? one : [one]) as number[][],
  );
  const product = (a: number[], b: number[]): number =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  return (asked ?? []).reduce(
    (sum, row) => sum + Math.max(...(stored ?? []).map((other) => product(row, other))),
    0,
  );
}

function only(route: string, body: Record<string, never>): Record<string, never> {
  const strange = Object.keys(body).filter((key) => FIELDS[route]?.includes(key) !== true);
  if (strange.length > 0) throw new Refusal(400, `${route}: unknown ${strange.join()}`);
  return body;
}
