/**
 * What the machine could do at best: how fast it multiplies int8 matrices and reads weights, and what
 * follows from it for each stage.
 */

import { doProductsSaturate } from "../../engine/device/products";
import type { SessionFactory, TensorMap } from "../../engine/session/session";
import { cpuTensor } from "../../engine/session/session";
import type { ModelConfig } from "../../model/config/modelConfig";
import { imageTokenCount } from "../../model/config/visionConfig";
import { PART } from "../../model/graph/graphContract";
import type { Manifest } from "../../model/folder/manifest";
import { encodeOnnxModel } from "../../model/graph/onnxProto";
import type { BenchTensor } from "./benchCheckpoint";
import { NEW_TOKENS, PROMPT_TOKENS, type BenchFigures } from "./benchFigures";

/** The best of several runs. */
export interface MachineSpeed {
  /** Int8 operations per second in a matrix product of the image encoder's shape, with signed weights. */
  readonly int8PerSecond: number;
  /** The same with weights without a sign, as models of before have them. */
  readonly unsignedPerSecond: number;
  /** Bytes per second read by a matrix times one row. */
  readonly bytesPerSecond: number;
}

/** What a model asks of a machine. */
export interface ModelWork {
  /** Operations, two for each multiplication and addition. */
  readonly vision: number;
  readonly qformer: number;
  /** Of one position. */
  readonly position: number;
  /** Positions of image rows and prompt. */
  readonly nPrompt: number;
  /** Bytes of weights that each token reads. */
  readonly tokenBytes: number;
}

/** Stages whose limit follows from arithmetic and memory alone. */
export type BenchLimits = Pick<
  BenchFigures,
  "vision" | "qformer" | "prefill" | "token" | "firstToken" | "answer" | "followUp"
>;

/**
 * Runs two matrix products until the best time is known.
 * @throws AppError `device.failed`.
 */
export async function measureMachine(factory: SessionFactory): Promise<MachineSpeed> {
  const rows = 257;
  const [width, inner] = [1408, 6144];
  const product = (dataType: "int8" | "uint8"): TimedGraph => ({
    graph: int8Product(width, inner, dataType),
    feeds: rowsOf(rows, width),
  });
  // As fast as the products that the engine takes.
  const own = (await doProductsSaturate(factory)) ? "uint8" : "int8";
  const side = 8192;
  // Pages that were never written would all be one page of zeros.
  const weight = cpuTensor(new Float32Array(side * side).fill(0.5), [side, side]);
  const read = { graph: floatProduct(side), feeds: { ...rowsOf(1, side), weight } };
  const bytes = side * side * Float32Array.BYTES_PER_ELEMENT;
  const operations = 2 * rows * width * inner;
  return {
    int8PerSecond: operations / (await bestSeconds(factory, product(own))),
    unsignedPerSecond: operations / (await bestSeconds(factory, product("uint8"))),
    bytesPerSecond: bytes / (await bestSeconds(factory, read)),
  };
}

/**
 * The work of a model.
 * @param source tensors of the checkpoint, its configuration, and the manifest of the model.
 */
export function workOf(source: {
  readonly tensors: readonly BenchTensor[];
  readonly config: ModelConfig;
  readonly manifest: Manifest;
}): ModelWork {
  const { tensors, config, manifest } = source;
  const operations = (prefix: RegExp): number =>
    2 * sum(tensors.filter(({ name, shape }) => prefix.test(name) && shape.length > 1).map(sizeOf));
  const isT5 = config.kind === "generation" && config.text.kind === "t5";
  const nQueries = config.family === "blip" ? 0 : config.numQueryTokens;
  const nImage = imageTokenCount(config.vision);
  const crossKeys = /^qformer.*crossattention\.attention\.(key|value)/;
  const layers = isT5 ? /^language_model\.encoder\.block/ : /^language_model\..*\.layers/;
  return {
    vision: nImage * operations(/^vision_model\.encoder/),
    qformer:
      nQueries * operations(/^qformer(?!.*crossattention\.attention\.(key|value))/) +
      nImage * operations(crossKeys),
    position: operations(layers),
    nPrompt: nQueries + PROMPT_TOKENS,
    tokenBytes: bytesOfPart(manifest, PART.decoder),
  };
}

/** Milliseconds below which this machine cannot run a stage with int8 products. */
export function limitsOf(work: ModelWork, machine: MachineSpeed): BenchLimits {
  const compute = (operations: number): number => (1000 * operations) / machine.int8PerSecond;
  const token = (1000 * work.tokenBytes) / machine.bytesPerSecond;
  const prefill = (nPositions: number): number =>
    Math.max(token, compute(work.position * nPositions));
  const vision = compute(work.vision);
  const qformer = compute(work.qformer);
  const tokens = token * (NEW_TOKENS - 1);
  const firstToken = vision + qformer + prefill(work.nPrompt);
  return {
    vision,
    qformer,
    prefill: prefill(work.nPrompt),
    token,
    firstToken,
    answer: firstToken + tokens,
    followUp: prefill(PROMPT_TOKENS) + tokens,
  };
}

const RUNS = 6;

interface TimedGraph {
  readonly graph: Uint8Array;
  readonly feeds: TensorMap;
}

async function bestSeconds(factory: SessionFactory, { graph, feeds }: TimedGraph): Promise<number> {
  const session = await factory.open(graph, { device: "cpu" });
  let best = Infinity;
  for (let i = 0; i < RUNS; i++) {
    const begin = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - begin);
  }
  await session.release();
  return best / 1000;
}

function rowsOf(rows: number, width: number): TensorMap {
  const values = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i));
  return { x: cpuTensor(values, [rows, width]) };
}

/** [rows, width] × weights [width, columns] of 8 bits, with activations rounded to them at each run. */
function int8Product(width: number, columns: number, dataType: "int8" | "uint8"): Uint8Array {
  const codes = Int8Array.from({ length: width * columns }, (_, i) => (i * 31) % 127);
  const scales = new Float32Array(columns).fill(1 / 127);
  return encodeOnnxModel({
    name: "int8",
    nodes: [
      {
        name: "/product",
        opType: "DynamicQuantizeMatMul",
        domain: "com.microsoft",
        inputs: ["x", "codes", "scales"],
        outputs: ["y"],
      },
    ],
    inputs: [{ name: "x", dataType: "float32", dims: ["rows", width] }],
    outputs: [{ name: "y", dataType: "float32", dims: ["rows", columns] }],
    initializers: [
      {
        name: "codes",
        dataType,
        dims: [width, columns],
        data: new Uint8Array(codes.buffer),
      },
      {
        name: "scales",
        dataType: "float32",
        dims: [columns],
        data: new Uint8Array(scales.buffer),
      },
    ],
  });
}

function floatProduct(side: number): Uint8Array {
  return encodeOnnxModel({
    name: "read",
    nodes: [{ name: "/product", opType: "MatMul", inputs: ["x", "weight"], outputs: ["y"] }],
    inputs: [
      { name: "x", dataType: "float32", dims: [1, side] },
      { name: "weight", dataType: "float32", dims: [side, side] },
    ],
    outputs: [{ name: "y", dataType: "float32", dims: [1, side] }],
    initializers: [],
  });
}

function bytesOfPart(manifest: Manifest, name: string): number {
  const data = manifest.parts.find((part) => part.name === name)?.data;
  return manifest.files.find(({ path }) => path === data)?.bytes ?? 0;
}

const sizeOf = ({ shape }: BenchTensor): number => shape.reduce((product, dim) => product * dim, 1);
const sum = (values: readonly number[]): number => values.reduce((total, n) => total + n, 0);
