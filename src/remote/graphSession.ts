/** Graphs of a model that run on a server (KServe v2), behind the port of those that run here. */

import { readFile } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../base/errors";
import {
  cpuTensor,
  floats,
  type Session,
  type Tensor,
  type TensorMap,
} from "../engine/session/session";
import { graphFile, type ModelFolder } from "../engine/session/modelFolder";
import type { ElsewhereSessions } from "../engine/session/partSessions";
import type { PartName } from "../model/graph/graphContract";
import type { OnnxValue } from "../model/graph/onnxProto";
import { type GraphValues, readGraphValues } from "../model/graph/onnxValues";
import { hostedName, isHosted } from "../model/graph/hostedGraphs";
import { ServerCalls, type ServerCallsOptions } from "./serverCalls";
import { ending, openAnswer, parsed, readAll, ServerFailure } from "./serverRequest";
import {
  type ExpectedTensor,
  HEAD_LENGTH,
  longestAnswer,
  readTensors,
  tensorMessage,
} from "./tensorMessage";

/** What the parts of a model run on that a server has. */
export class GraphServer implements ElsewhereSessions {
  readonly #calls: ServerCalls;

  constructor(options: ServerCallsOptions) {
    this.#calls = new ServerCalls(options);
  }

  /** Pictures whose graphs may run at once. */
  get nAtOnce(): number {
    return this.#calls.atOnce;
  }

  has(part: PartName): boolean {
    return isHosted(part);
  }

  /**
   * Asks whether the server has the graph of that very model.
   * @throws AppError `model.missing` where it has not, `model.corrupt`, `remote.*`.
   */
  async open(model: ModelFolder, part: PartName): Promise<Session> {
    const { file } = graphFile(model, part, "cpu");
    const values = readGraphValues(await readFile(file), file);
    const name = hostedName(part, model.identity);
    const { signal } = new AbortController();
    const isTold = ({ status }: ServerFailure): boolean => status === 404 || status === 400;
    try {
      await this.#calls.again(signal, () => this.#expectReady(name, signal), {
        ...{ isTold, isHurried: true },
      });
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      const text = `${this.#calls.server} does not have the graph ${name} of ${path.basename(model.folder)}. Export that very model with "sightline export triton", and start the server with it.`;
      throw new AppError("model.missing", text, { cause: thrown });
    }
    return new GraphSession(this.#calls, name, values);
  }

  async #expectReady(name: string, signal: AbortSignal): Promise<void> {
    const opened = await openAnswer(this.#calls.target, { path: `${pathOf(name)}/ready`, signal });
    await ending(opened, signal, async () => {
      const said = new TextDecoder().decode(await readAll(opened));
      // Triton says nothing more than that.
      if (said.trim() === "" || parsed(said)["ready"] !== false) return;
      throw new ServerFailure("overload", "It is not ready yet.");
    });
  }
}

const pathOf = (name: string): string => `/v2/models/${encodeURIComponent(name)}`;

/** Several runs may go on at once; each picture of a batch is a request of its own, as it would be alone. */
class GraphSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #calls: ServerCalls;
  readonly #name: string;
  readonly #values: GraphValues;

  constructor(calls: ServerCalls, name: string, values: GraphValues) {
    this.#calls = calls;
    this.#name = name;
    this.#values = values;
    this.inputNames = values.inputs.map((input) => input.name);
    this.outputNames = values.outputs.map((output) => output.name);
  }

  /** @throws AppError `remote.*`, `request.cancelled`. */
  async run(feeds: TensorMap, signal?: AbortSignal): Promise<Record<string, Tensor>> {
    const rows = rowsOf(feeds, this.#values.inputs);
    const results = await Promise.all(rows.map((row) => this.#ask(row, signal)));
    return joined(results);
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  async #ask(
    feeds: TensorMap,
    signal = new AbortController().signal,
  ): Promise<Record<string, Tensor>> {
    const expected = expectedOf(feeds, this.#values);
    const { headers, body } = tensorMessage(feeds, { id: this.#name, ...this.#values });
    return await this.#calls.again(signal, async () => {
      const request = { path: `${pathOf(this.#name)}/infer`, headers, body, signal };
      const opened = await openAnswer(this.#calls.target, request);
      return await ending(opened, signal, async () => {
        const bytes = await readAll(opened, longestAnswer(expected));
        return readTensors(bytes, opened.headers.get(HEAD_LENGTH), expected);
      });
    });
  }
}

/** Inputs for each row of the batch; what has no such axis belongs to all. */
function rowsOf(feeds: TensorMap, inputs: readonly OnnxValue[]): readonly TensorMap[] {
  const batched = inputs.filter(({ dims }) => dims[0] === BATCH).map(({ name }) => name);
  const [first] = batched.map((name) => feeds[name]);
  const nRows = first?.dims[0] ?? 1;
  if (nRows === 1) return [feeds];
  return Array.from({ length: nRows }, (_, row) => ({
    ...feeds,
    ...Object.fromEntries(batched.map((name) => [name, rowOf(feeds[name], row, nRows)])),
  }));
}

/** The name of that axis in all graphs. */
const BATCH = "batch";

function rowOf(tensor: Tensor | undefined, row: number, nRows: number): Tensor {
  const data = floats(tensor);
  const length = data.length / nRows;
  const dims = [1, ...(tensor?.dims.slice(1) ?? [])];
  return cpuTensor(data.subarray(row * length, (row + 1) * length), dims);
}

/** Tensors of one row each, put together. */
function joined(results: readonly Record<string, Tensor>[]): Record<string, Tensor> {
  const [first = {}] = results;
  if (results.length === 1) return first;
  return Object.fromEntries(
    Object.entries(first).map(([name, { dims }]) => {
      const parts = results.map((result) => floats(result[name]));
      const data = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        data.set(part, at);
        at += part.length;
      }
      return [name, cpuTensor(data, [results.length, ...dims.slice(1)])];
    }),
  );
}

/** Shapes of the outputs, with lengths that are free taken from the inputs. */
function expectedOf(feeds: TensorMap, { inputs, outputs }: GraphValues): readonly ExpectedTensor[] {
  const lengths = new Map<string, number>();
  for (const { name, dims } of inputs) {
    dims.forEach((dim, axis) => {
      if (typeof dim === "string") lengths.set(dim, feeds[name]?.dims[axis] ?? 1);
    });
  }
  return outputs.map(({ name, dims }) => ({
    name,
    dims: dims.map((dim) => (typeof dim === "number" ? dim : lengths.get(dim))),
  }));
}
