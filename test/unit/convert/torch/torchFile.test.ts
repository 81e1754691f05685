import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { AppError, type ErrorCode } from "../../../../src/base/errors";
import { readSafetensorsHeader } from "../../../../src/convert/checkpoint/safetensors";
import { TensorReader } from "../../../../src/convert/checkpoint/tensorReader";
import { elementsOf, type TensorInfo } from "../../../../src/convert/checkpoint/tensorInfo";
import { readWeightHeader } from "../../../../src/convert/checkpoint/weightFile";
import { torchHeader } from "../../../../src/convert/torch/torchFile";
import { fixturePath } from "../../../helpers/fixtures";
import { temporaryFolder } from "../../../helpers/kitModel";
import {
  globalName,
  integer,
  mapping,
  op,
  orderedDict,
  type Part,
  pickle,
  SIXTEEN,
  storage,
  tensor,
  text,
  torchFile,
  torchRecords,
  torchStream,
  torchZip,
  tuple,
} from "../../../helpers/torchFile";

const GOOD = ["good-zip.pth", "good-flat.pth", "good-legacy.pth", "good-no-metadata.pth"];

describe("files that torch wrote", () => {
  for (const name of GOOD) {
    it(`are read bit for bit: ${name}`, async () => {
      const recorded = await readSafetensorsHeader(fixturePath("torch", "good.safetensors"));
      const { tensors } = await readWeightHeader(fixturePath("torch", name));
      const expected = [...recorded.tensors.values()].filter((info) =>
        info.name.startsWith(`${name}/`),
      );
      const names = expected.map((info) => info.name.slice(name.length + 1));
      assert.deepEqual([...tensors.keys()].sort(), names.sort());
      const reader = new TensorReader();
      try {
        for (const wanted of expected) {
          const found = tensors.get(wanted.name.slice(name.length + 1));
          assert.ok(found);
          assert.deepEqual([found.dtype, found.shape], [wanted.dtype, wanted.shape], found.name);
          await expectSameBytes(reader, found, wanted);
        }
      } finally {
        await reader.close();
      }
    });
  }

  it("count values once that several tensors share", async () => {
    const { tensors } = await readWeightHeader(fixturePath("torch", "good-no-metadata.pth"));
    const [first, tied] = [...tensors.values()];
    assert.deepEqual([tied?.begin, tied?.end], [first?.begin, first?.end]);
  });

  it("are planned with before their records are there", async () => {
    for (const name of GOOD) {
      const file = fixturePath("torch", name);
      const whole = await readWeightHeader(file);
      const early = await earlyHeader(file);
      const facts = (header: typeof whole): unknown =>
        [...header.tensors.values()].map(({ name: n, dtype, shape, strides }) => [
          ...[n, dtype, shape, strides],
        ]);
      assert.deepEqual(facts(early), facts(whole));
    }
  });
});

/** The header without the headers of its records. */
async function earlyHeader(file: string): ReturnType<typeof readWeightHeader> {
  const bytes = await readFile(file);
  return await torchHeader(
    {
      file,
      fileBytes: bytes.length,
      read: (position, length) => Promise.resolve(bytes.subarray(position, position + length)),
    },
    "directory",
  );
}

/** Whole, and in pieces that begin anywhere. */
async function expectSameBytes(
  reader: TensorReader,
  found: TensorInfo,
  wanted: TensorInfo,
): Promise<void> {
  const nElements = elementsOf(wanted.shape);
  assert.deepEqual(await reader.read(found), await reader.read(wanted), found.name);
  for (let start = 0; start < nElements; start++) {
    for (let count = 1; start + count <= nElements; count += 2) {
      const range = { start, count };
      assert.deepEqual(
        await reader.read(found, range),
        await reader.read(wanted, range),
        `${found.name} from ${start}, ${count}`,
      );
    }
  }
}

const W: readonly [string, Part] = ["w", tensor()];
const model = (...entries: (readonly [string | Buffer, Part])[]): Part =>
  mapping([["model", mapping(entries)]]);
const withTensor = (part: Part): Buffer => torchFile(model(["w", part]));
const system = Buffer.concat([globalName("posix", "system"), tuple(text("touch ran")), op("R")]);
const stream = (body: Part): Buffer => torchStream({ body: pickle(body) });
const legacyTensor = tensor({ storage: storage({ legacy: true }) });
const GOOD_ZIP = torchFile(model(W));
const GOOD_STREAM = stream(model(["w", legacyTensor]));
const long = (byte: number, n: number): Part => Buffer.alloc(n, byte);

/** What is written over an entry of the directory, at an offset from its signature. */
function patched(name: string, at: number, value: Buffer): Buffer {
  const bytes = Buffer.from(GOOD_ZIP);
  const entry = bytes.lastIndexOf(name) - 46;
  value.copy(bytes, entry + at);
  return bytes;
}
const records = (...more: { name: string; content: Buffer }[]): Buffer =>
  torchZip([...torchRecords(pickle(model(W))), ...more]);
const laughs = Buffer.concat([
  op(")q\x00"),
  ...Array.from({ length: 60 }, (_, i) =>
    Buffer.concat([tuple(...Array.from({ length: 10 }, () => Buffer.from([0x68, i]))), put(i + 1)]),
  ),
]);
function put(index: number): Part {
  return Buffer.from([0x71, index]);
}

const CORRUPT: Readonly<Record<string, Buffer>> = {
  "a last value behind the storage": withTensor(tensor({ strides: [1000, 1] })),
  "a view that makes memory out of nothing": withTensor(
    tensor({ shape: [1n << 40n], strides: [0] }),
  ),
  "a stride that runs backwards": withTensor(tensor({ shape: [4], strides: [-1], offset: 8 })),
  "an offset beyond all numbers": withTensor(
    tensor({ shape: [1], strides: [1], offset: 1n << 62n }),
  ),
  "sizes whose product is 0 in 64 bits": withTensor(
    tensor({ shape: [1n << 32n, 1n << 32n], strides: [0, 0] }),
  ),
  "sizes beyond 64 bits": withTensor(tensor({ shape: [1n << 64n, 1], strides: [1, 1] })),
  "a negative size": withTensor(tensor({ shape: [-1, 4] })),
  "a stride too few": withTensor(tensor({ strides: [1] })),
  "a shape of text": withTensor(
    Buffer.concat([
      globalName("torch._utils", "_rebuild_tensor_v2"),
      tuple(storage(), integer(0), text("4"), tuple(integer(1)), op("\x89"), orderedDict()),
      op("R"),
    ]),
  ),
  "a storage shorter than told": torchZip(
    torchRecords(pickle(model(W)), [["0", SIXTEEN.subarray(8)]]),
  ),
  "a storage longer than told": torchZip(
    torchRecords(pickle(model(W)), [["0", Buffer.concat([SIXTEEN, SIXTEEN])]]),
  ),
  "a storage that is missing": torchZip(torchRecords(pickle(model(W)), [])),
  "a storage of 4 PB": withTensor(tensor({ storage: storage({ n: 1n << 50n }) })),
  "one storage in two types": torchFile(
    model(W, ["h", tensor({ storage: storage({ type: "HalfStorage" }) })]),
  ),
  "one storage in two lengths": torchFile(model(W, ["h", tensor({ storage: storage({ n: 17 }) })])),
  "a storage's key that is a path": withTensor(
    tensor({ storage: storage({ key: "../../data.pkl" }) }),
  ),
  "a name that is no text": torchFile(op("}("), integer(1), tensor(), op("u")),
  "a name that is empty": torchFile(model(["", tensor()])),
  "a name of half a character": torchFile(model([Buffer.from([0xed, 0xa0, 0x80]), tensor()])),
  "a name twice": torchFile(model(W, W)),
  "tuples that grow beyond counting": torchFile(laughs),
  "a value that was never remembered": torchFile(op("h\x07")),
  "a list in itself": torchFile(op("]q\x00h\x00a"), model(W), op("\x86")),
  "a dict in itself": torchFile(op("}q\x00"), text("model"), op("h\x00s")),
  "a million tuples in each other": torchFile(op(")"), long(0x85, 1_000_000)),
  "a million marks": torchFile(long(0x28, 1_000_000)),
  "more operations than any file": torchFile(op("]"), Buffer.alloc(16_000_002, "Na")),
  "a tuple of nothing": torchFile(op("\x87")),
  "a key without a value": torchFile(op("}("), text("a"), tensor(), text("b"), op("u")),
  "a member of a tuple": torchFile(op(")"), text("a"), op("Ns")),
  "an item of a dict": torchFile(op("}Na")),
  "a list as a key": torchFile(op("}]Ns")),
  "a call of a text": torchFile(text("posix"), op(")R")),
  "a call with a list": torchFile(globalName("collections", "OrderedDict"), op("]R")),
  "an OrderedDict of something": torchFile(globalName("collections", "OrderedDict"), op("N\x85R")),
  "values left behind": torchFile(op("N"), model(W)),
  "no end of the pickle": torchZip(torchRecords(pickle(model(W)).subarray(0, -1))),
  "an empty pickle": torchZip(torchRecords(Buffer.alloc(0))),
  "a text of 4 GB": torchFile(Buffer.from([0x58, 255, 255, 255, 255, 97])),
  "a number of 2040 bits": torchFile(Buffer.from([0x8a, 255]), long(1, 255)),
  "an opcode that no protocol has": torchFile(op("\xff")),
  "a global without an end": torchFile(op("c"), long(0x61, 2000)),
  "half of a zip": GOOD_ZIP.subarray(0, GOOD_ZIP.length / 2),
  "a zip without its last bytes": GOOD_ZIP.subarray(0, -5),
  "a zip that goes on": Buffer.concat([GOOD_ZIP, Buffer.from("x")]),
  "a compressed record": patched("archive/data/0", 10, Buffer.from([8, 0])),
  "an encrypted record": patched("archive/data/0", 8, Buffer.from([1, 0])),
  "a record behind the end": patched("archive/data/0", 42, Buffer.from([0, 0xff, 0xff, 0x7f])),
  "a record of 2 GB": patched("archive/data/0", 20, Buffer.from("f0ffff7ff0ffff7f", "hex")),
  "a record that is another's": patched("archive/data/0", 42, Buffer.from([0, 0, 0, 0])),
  "two records of one name": records({ name: "archive/data.pkl", content: pickle(system) }),
  "two roots": records({ name: "other/data.pkl", content: pickle(system) }),
  "a root that leads upwards": torchZip(torchRecords(pickle(model(W)), undefined, "../../a")),
  "two names for one record": renamedLocal(),
  "another byte order than there is": Buffer.from(
    GOOD_ZIP.toString("latin1").replaceAll("little", "middle"),
    "latin1",
  ),
  "a stream that is cut": GOOD_STREAM.subarray(0, -20),
  "a stream that is cut in its pickle": GOOD_STREAM.subarray(0, 150),
  "a stream that goes on": Buffer.concat([GOOD_STREAM, Buffer.from("x")]),
  "a stream with another count": torchStream({
    body: pickle(model(["w", legacyTensor])),
    storages: [[15, SIXTEEN]],
  }),
  "a stream of an unknown storage": torchStream({
    body: pickle(model(["w", legacyTensor])),
    keys: ["9"],
  }),
  "a stream without its storage": torchStream({
    body: pickle(model(["w", legacyTensor])),
    ...{ keys: [], storages: [] },
  }),
  "a stream with another magic number": torchStream({
    body: pickle(model(["w", legacyTensor])),
    magic: integer(0x1234),
  }),
  "a pickle alone": pickle(mapping([["w", op("N")]])),
  "an empty file": Buffer.alloc(0),
  "a web page": Buffer.from("<!DOCTYPE html><html>404</html>"),
};

/** The header in front of a record calls it something else than the directory. */
function renamedLocal(): Buffer {
  const bytes = Buffer.from(GOOD_ZIP);
  bytes.write("archive/data/1", bytes.indexOf("archive/data/0"));
  return bytes;
}

const tar = Buffer.alloc(1024);
tar.write("pickle");
tar.write("ustar", 257);

const UNSUPPORTED: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
  "a call of the system": [torchFile(model(W, ["x", system])), /posix\.system/],
  "a call of eval": [
    torchFile(model(W, ["x", Buffer.concat([globalName("__builtin__", "eval"), op(")R")])])),
    /__builtin__\.eval/,
  ],
  "a call in a stream": [stream(model(["w", legacyTensor], ["x", system])), /posix\.system/],
  "a call in front of a stream": [
    torchStream({ body: pickle(model(["w", legacyTensor])), protocol: pickle(system) }),
    /not torch's/,
  ],
  "a script's options": [
    torchFile(
      mapping([["args", Buffer.concat([globalName("argparse", "Namespace"), op(")\x81")])]]),
    ),
    /argparse\.Namespace/,
  ],
  "a number of numpy": [
    torchFile(model(["x", globalName("numpy.core.multiarray", "scalar")])),
    /numpy\.core\.multiarray\.scalar/,
  ],
  "opcodes of protocol 4": [torchFile(op("\x8c\x05posix\x8c\x06system\x93")), /SHORT_BINUNICODE/],
  "an instance": [torchFile(op("(iposix\nsystem\n")), /INST/],
  "a whole model": [
    torchFile(globalName("torch.nn.modules.linear", "Linear"), op(")\x81")),
    /whole model \(torch\.nn\.modules\.linear\.Linear\)/,
  ],
  "a reference to a module": [
    torchFile(tuple(text("module"), text("a.py"), text("import os")), op("Q")),
    /something other than values/,
  ],
  "a sparse tensor": [
    torchFile(model(["w", tensor({}, "_rebuild_sparse_tensor")])),
    /_rebuild_sparse_tensor/,
  ],
  "quantised values": [
    withTensor(tensor({ storage: storage({ type: "QInt8Storage" }) })),
    /torch\.QInt8Storage/,
  ],
  "complex values": [
    withTensor(tensor({ storage: storage({ type: "ComplexFloatStorage" }) })),
    /torch\.ComplexFloatStorage/,
  ],
  "attributes of a dict": [torchFile(model(W), op("}b")), /attributes/],
  "a list of tensors": [torchFile(op("]"), tensor(), op("a")), /no state_dict/],
  "a compiled model": [
    records({ name: "archive/constants.pkl", content: pickle(op(")")) }),
    /TorchScript/,
  ],
  "another zip": [
    torchZip([{ name: "readme.txt", content: Buffer.from("x") }]),
    /no file of torch/,
  ],
  "a machine of the other byte order": [
    torchStream({ body: pickle(model(["w", legacyTensor])), isLittle: false }),
    /byte order/,
  ],
  "a tar of 2016": [tar, /is a tar/],
};

describe("files that are no state dict of torch", () => {
  let file: string;
  beforeEach(async () => {
    file = path.join(await temporaryFolder(), "x.pth");
  });

  async function expectRefusal(bytes: Buffer, code: ErrorCode, words = /./): Promise<void> {
    await writeFile(file, bytes);
    await assert.rejects(readWeightHeader(file), (thrown) => {
      assert.ok(thrown instanceof AppError, String(thrown));
      assert.equal(thrown.code, code, thrown.message);
      assert.equal(thrown.detail?.["file"], file);
      assert.match(thrown.message, words);
      return thrown.message.startsWith(file);
    });
  }

  for (const [what, bytes] of Object.entries(CORRUPT)) {
    it(`are refused as damaged: ${what}`, async () => {
      await expectRefusal(bytes, "checkpoint.corrupt");
    });
  }

  for (const [what, [bytes, words]] of Object.entries(UNSUPPORTED)) {
    it(`are refused with advice: ${what}`, async () => {
      await expectRefusal(bytes, "checkpoint.unsupported", words);
    });
  }
});

describe("files like those of torch", () => {
  async function namesIn(bytes: Buffer): Promise<readonly string[]> {
    const file = path.join(await temporaryFolder(), "x.pth");
    await writeFile(file, bytes);
    return [...(await readWeightHeader(file)).tensors.keys()];
  }

  it("keep names that are special elsewhere", async () => {
    const names = ["__proto__", "constructor", "toString"];
    const entries = names.map((name) => [name, tensor()] as const);
    assert.deepEqual(await namesIn(torchFile(model(...entries))), names);
  });

  it("may remember a value under any number", async () => {
    const far = op("]r\xff\xff\xff\xff");
    assert.deepEqual(
      await namesIn(
        torchFile(
          mapping([
            ["model", mapping([W])],
            ["x", far],
          ]),
        ),
      ),
      ["w"],
    );
  });

  it("hold the model among a training run's things", async () => {
    const step = ["step", tensor({ shape: [], strides: [] })] as const;
    const optimizer = mapping([["exp_avg", tensor()]]);
    for (const name of ["model", "state_dict"]) {
      const saved = mapping([step, ["optimizer", optimizer], [name, mapping([W])]]);
      assert.deepEqual(await namesIn(torchFile(saved)), ["w"]);
    }
    const nested = mapping([["model", mapping([["state_dict", mapping([W])]])]]);
    assert.deepEqual(await namesIn(torchFile(nested)), ["w"]);
  });

  it("are streams too", async () => {
    assert.deepEqual(await namesIn(GOOD_STREAM), ["w"]);
  });
});
