/**
 * A KServe v2 server over the graphs of a model folder, in this process, on ONNX Runtime: the HTTP protocol with
 * binary tensors, and what a hostile server may make of it.
 */

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { graphFile, openModelFolder } from "../../src/engine/session/modelFolder";
import { createOrtSessionFactory } from "../../src/engine/session/ortSession";
import { cpuTensor, floats, type Session, type TensorMap } from "../../src/engine/session/session";
import { hostedName, isHosted } from "../../src/model/graph/hostedGraphs";
import { readGraphValues } from "../../src/model/graph/onnxValues";

interface TensorHead {
  readonly name: string;
  readonly shape: number[];
  readonly datatype: string;
  readonly parameters?: { readonly binary_data_size?: number };
}

interface MessageHead {
  readonly id?: string;
  readonly inputs?: readonly TensorHead[];
  readonly outputs: readonly TensorHead[];
}

/** An answer before it is sent. */
export interface GraphAnswer {
  head: { outputs: TensorHead[] };
  body: Buffer;
  /** @default what the head is long */
  headLength?: string;
}

export interface GraphServer {
  readonly url: string;
  /** Names of the graphs that were run, in their order. */
  readonly ran: string[];
  /** Most requests that were in flight at once. */
  readonly nMost: number;
  /** Spoils an answer, or answers in another way and gives nothing. */
  spoil: ((answer: GraphAnswer, response: ServerResponse) => GraphAnswer | undefined) | undefined;
  close(): Promise<void>;
}

/** @param token whoever says another one is denied */
export async function startGraphServer(folder: string, token?: string): Promise<GraphServer> {
  const graphs = await openGraphs(folder);
  let nRunning = 0;
  const state = {
    ...{ ran: [] as string[], nMost: 0 },
    spoil: undefined as GraphServer["spoil"],
  };
  const server = createServer((request, response) => {
    void (async () => {
      const bytes = await bodyOf(request);
      const [, name = "", verb = ""] =
        /^\/v2\/models\/([^/]+)\/(\w+)$/.exec(request.url ?? "") ?? [];
      const graph = graphs.get(name);
      if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
        response.writeHead(401).end('{"error":"no"}');
      } else if (graph === undefined) {
        response.writeHead(404).end(`{"error":"Model with name ${name} does not exist."}`);
      } else if (verb === "ready") {
        response.end(JSON.stringify({ name, ready: true }));
      } else {
        state.nMost = Math.max(state.nMost, ++nRunning);
        state.ran.push(name.replace(/-[0-9a-f]+$/, ""));
        // One picture is held up until others have come, where they do.
        await new Promise((resolve) => setTimeout(resolve, 5));
        const answer = await infer(graph, bytes, request.headers);
        nRunning--;
        const spoilt = state.spoil === undefined ? answer : state.spoil(answer, response);
        if (spoilt !== undefined) send(response, spoilt);
      }
    })().catch((thrown: unknown) => {
      response.writeHead(500).end(JSON.stringify({ error: String(thrown) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for (const { session } of graphs.values()) await session.release();
    },
  });
}

interface Graph {
  readonly session: Session;
  readonly inputs: readonly string[];
}

async function openGraphs(folder: string): Promise<ReadonlyMap<string, Graph>> {
  const model = await openModelFolder(folder);
  const factory = createOrtSessionFactory();
  const graphs = new Map<string, Graph>();
  for (const { name } of model.manifest.parts.filter((part) => isHosted(part.name))) {
    const { file } = graphFile(model, name, "cpu");
    const { inputs } = readGraphValues(await readFile(file), file);
    const session = await factory.open(file, { device: "cpu", keepWeightsMapped: true });
    const names = inputs.map((input) => input.name);
    graphs.set(hostedName(name, model.identity), { session, inputs: names });
  }
  return graphs;
}

/** As the protocol says, and as strictly as KServe's own server. */
async function infer(
  { session, inputs }: Graph,
  bytes: Buffer,
  headers: IncomingMessage["headers"],
): Promise<GraphAnswer> {
  let at = Number(headers["inference-header-content-length"]);
  const head = JSON.parse(bytes.subarray(0, at).toString()) as MessageHead;
  if (head.id === undefined) throw new Error("an id is wanted");
  const feeds: Record<string, TensorMap[string]> = {};
  for (const { name, shape, datatype, parameters } of head.inputs ?? []) {
    const size = parameters?.binary_data_size ?? 0;
    const copy = Uint8Array.from(bytes.subarray(at, at + size)).buffer;
    at += size;
    const data = datatype === "INT64" ? new BigInt64Array(copy) : new Float32Array(copy);
    feeds[name] = cpuTensor(data, shape);
  }
  const missing = inputs.filter((name) => feeds[name] === undefined);
  if (missing.length > 0 || at !== bytes.length) throw new Error(`missing: ${missing.join()}`);
  const results = await session.run(feeds);
  const parts: Buffer[] = [];
  const outputs = head.outputs.map(({ name }) => {
    const tensor = results[name];
    const values = floats(tensor);
    const part = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    parts.push(part);
    const parameters = { binary_data_size: part.length };
    return { name, shape: [...(tensor?.dims ?? [])], datatype: "FP32", parameters };
  });
  return { head: { outputs }, body: Buffer.concat(parts) };
}

function send(response: ServerResponse, { head, body, headLength }: GraphAnswer): void {
  const text = Buffer.from(JSON.stringify(head));
  response.setHeader("content-type", "application/octet-stream");
  response.setHeader("inference-header-content-length", headLength ?? String(text.length));
  response.end(Buffer.concat([text, body]));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
