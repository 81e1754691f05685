import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { createOrtSessionFactory } from "../../../../src/engine/session/ortSession";
import { exportTriton } from "../../../../src/library/export/tritonRepository";
import { readGraphValues } from "../../../../src/model/graph/onnxValues";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";

describe("a model repository for Triton", () => {
  for (const device of ["gpu", "cpu"] as const) {
    for (const kit of ["itm", "opt", "blip-itm", "instructblip-t5"]) {
      it(`has for each graph of ${kit} a configuration that fits it, on ${device}`, async () => {
        const out = path.join(await temporaryFolder(), "deep", "repository");
        const { graphs } = await exportTriton({ folder: await kitModel(kit), out, device });
        assert.deepEqual((await readdir(out)).sort(), [...graphs].sort());
        for (const name of graphs) await check(path.join(out, name), { name, device });
      });
    }
  }

  it("puts pictures together where nothing else is read, and keeps words apart", async () => {
    const out = path.join(await temporaryFolder(), "repository");
    const { graphs } = await exportTriton({ folder: await kitModel("itm"), out, device: "gpu" });
    const sizes = new Map<string, unknown>();
    for (const name of graphs) {
      const text = await readFile(path.join(out, name, "config.pbtxt"), "utf8");
      sizes.set(name.replace(/-[0-9a-f]{12}$/, ""), parsePbtxt(text)["max_batch_size"]);
    }
    assert.deepEqual(Object.fromEntries(sizes), {
      ...{ vision_encoder: 16, qformer: 16, image_reader: 16 },
      ...{ qformer_text: 0, qformer_itm: 0 },
    });
  });

  it("leaves nothing behind that is not whole, and nothing of what was there", async () => {
    const out = path.join(await temporaryFolder(), "repository");
    await mkdir(out);
    const folder = await kitModel("itm");
    await assert.rejects(exportTriton({ folder, out, device: "gpu" }), { code: "convert.failed" });
    await rm(out, { recursive: true });
    const end = new AbortController();
    end.abort();
    const stopped = exportTriton({ folder, out, device: "gpu", signal: end.signal });
    await assert.rejects(stopped, { code: "request.cancelled" });
    assert.deepEqual(await readdir(path.dirname(out)), []);
    const nothing = exportTriton({ folder: path.dirname(out), out, device: "gpu" });
    await assert.rejects(nothing, { code: "model.missing" });
  });
});

async function check(
  folder: string,
  { name, device }: { readonly name: string; readonly device: "gpu" | "cpu" },
): Promise<void> {
  const config = parsePbtxt(await readFile(path.join(folder, "config.pbtxt"), "utf8"));
  expectFields(config, MODEL_CONFIG, "ModelConfig");
  assert.equal(config["name"], name);
  assert.equal(config["backend"], "onnxruntime");
  const file = path.join(folder, "1", "model.onnx");
  const values = readGraphValues(await readFile(file), file);
  const isBatched = config["max_batch_size"] !== 0;
  for (const part of ["input", "output"] as const) {
    const wanted = values[`${part}s`].map((value) => ({
      name: value.name,
      data_type: value.dataType === "int64" ? "TYPE_INT64" : "TYPE_FP32",
      dims: (isBatched ? value.dims.slice(1) : value.dims).map((dim) =>
        typeof dim === "number" ? dim : -1,
      ),
    }));
    assert.deepEqual(config[part], wanted);
  }
  const [group] = config["instance_group"] as readonly Message[];
  assert.equal(group?.["kind"], device === "gpu" ? "KIND_GPU" : "KIND_CPU");
  // The weights lie where the graph says.
  const session = await createOrtSessionFactory().open(file, { device: "cpu" });
  assert.deepEqual([...session.inputNames].sort(), values.inputs.map((input) => input.name).sort());
  await session.release();
}

/** Fields of Triton's model_config.proto that we write, with their types. */
interface MessageType {
  readonly [field: string]: "string" | "int" | readonly string[] | "ints" | MessageType;
}

const TYPES = ["TYPE_FP32", "TYPE_INT64", "TYPE_INT32"];
const TENSOR: MessageType = { name: "string", data_type: TYPES, dims: "ints" };
const MODEL_CONFIG: MessageType = {
  ...{ name: "string", backend: "string", max_batch_size: "int" },
  ...{ input: TENSOR, output: TENSOR },
  instance_group: { kind: ["KIND_AUTO", "KIND_GPU", "KIND_CPU", "KIND_MODEL"], count: "int" },
  dynamic_batching: { max_queue_delay_microseconds: "int" },
};

function expectFields(message: Message, type: MessageType, where: string): void {
  for (const [field, value] of Object.entries(message)) {
    const wanted = type[field];
    assert.ok(wanted !== undefined, `${where} has no field ${field}`);
    const at = `${where}.${field}`;
    if (wanted === "string") assert.ok(typeof value === "string" && value !== "", at);
    else if (wanted === "int") assert.ok(Number.isSafeInteger(value), at);
    else if (wanted === "ints") assert.ok((value as unknown[]).every(Number.isSafeInteger), at);
    else if (Array.isArray(wanted)) {
      assert.ok(wanted.includes(String(value)), `${at} ${String(value)}`);
    } else {
      const messages = (Array.isArray(value) ? value : [value]) as readonly Message[];
      for (const each of messages) expectFields(each, wanted as MessageType, at);
    }
  }
}

interface Message {
  [field: string]: unknown;
}

/** Protobuf's text format, as far as configurations use it. @throws where it is not that */
function parsePbtxt(text: string): Message {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|-?\d+|[:{}[\],]|\S/g) ?? [];
  let at = 0;
  const expect = (token: string): void => {
    assert.equal(tokens[at++], token);
  };
  const scalar = (): unknown => {
    const token = tokens[at++] ?? "";
    if (token.startsWith('"')) return JSON.parse(token);
    return /^-?\d+$/.test(token) ? Number(token) : token;
  };
  const value = (): unknown => {
    if (tokens[at] === "{") {
      at++;
      return message("}");
    }
    if (tokens[at] !== "[") return scalar();
    at++;
    const items: unknown[] = [];
    while (tokens[at] !== "]") {
      items.push(value());
      if (tokens[at] === ",") at++;
      else break;
    }
    expect("]");
    return items;
  };
  function message(end: string | undefined): Message {
    const fields: Message = {};
    while (tokens[at] !== end) {
      const field = tokens[at++] ?? "";
      assert.match(field, /^[A-Za-z_]\w*$/);
      const isMessage = tokens[at] === "{" || tokens[at] === "[";
      if (!isMessage) expect(":");
      else if (tokens[at] === ":") at++;
      assert.ok(!(field in fields), `${field} twice`);
      fields[field] = value();
      if (tokens[at] === ",") at++;
    }
    if (end !== undefined) expect(end);
    return fields;
  }
  return message(undefined);
}
