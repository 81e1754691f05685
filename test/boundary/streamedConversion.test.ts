/** Conversions file by file in a process that is killed, or whose memory is looked at. */

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { openCheckpoint } from "../../src/convert/checkpoint/checkpoint";
import { convertModel } from "../../src/convert/convertModel";
import { hashSources } from "../../src/convert/output/sourceHashes";
import { StreamedConversion } from "../../src/convert/streamedConversion";
import { temporaryFolder } from "../helpers/kitModel";
import { writeTinyCheckpoint } from "../helpers/tinyCheckpoint";

const CHILD = path.join(__dirname, "..", "helpers", "streamChild.js");
const PRECISION = "int8:16";

describe("a conversion file by file", () => {
  const children: ChildProcess[] = [];
  let root = "";
  beforeEach(async () => {
    root = await temporaryFolder();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  const at = (name: string): string => path.join(root, name);

  async function run(precision: string, moment = ""): Promise<string> {
    const args = [CHILD, at("checkpoint"), at("work"), at("model"), precision, moment];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const ended = once(child, "close");
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    if (moment !== "") child.kill("SIGKILL");
    await ended;
    return line.toString();
  }

  it("loses no more than the file in which it was killed", async () => {
    await writeTinyCheckpoint(at("whole"), { kit: "opt", nShards: 5 });
    await convertModel({
      ...{ checkpoint: at("whole"), out: at("expected"), precision: PRECISION },
      sourceName: "checkpoint",
    });
    const checkpoint = await openCheckpoint(at("whole"));
    const sources = await hashSources(checkpoint, () => undefined);
    const dataBytes = (await readdir(at("expected"))).filter((name) => name.endsWith("_data"));
    let totalBytes = 0;
    for (const name of dataBytes) totalBytes += (await readFile(at(`expected/${name}`))).length;
    const shares = [0.001, 0.3, 0.6, 0.9, 1];
    const moments = [...shares.map((share) => String(Math.floor(share * totalBytes))), "taken"];
    for (const moment of moments) {
      for (const name of ["checkpoint", "work", "model"]) {
        await rm(at(name), { recursive: true, force: true });
      }
      await cp(at("whole"), at("checkpoint"), { recursive: true });
      assert.equal(await run(PRECISION, moment), "held\n");
      assert.equal(existsSync(at("model")), false);
      await goOn(sources);
      for (const name of await readdir(at("expected"))) {
        const [got, wanted] = await Promise.all(
          ["model", "expected"].map((folder) => readFile(path.join(at(folder), name))),
        );
        assert.ok(got!.equals(wanted!), `${name} at ${moment}`);
      }
    }
  });

  /** What was not taken by then has to be there still, or it could not be taken now. */
  async function goOn(sources: Awaited<ReturnType<typeof hashSources>>): Promise<void> {
    const coming = await openCheckpoint(at("whole"));
    const moved = { ...coming, folder: at("checkpoint") };
    const here = (file: string): string => path.join(at("checkpoint"), path.basename(file));
    const conversion = await StreamedConversion.open({
      checkpoint: {
        ...moved,
        weightFiles: coming.weightFiles.map((file) => ({ ...file, path: here(file.path) })),
        tensors: new Map(
          [...coming.tensors].map(([name, info]) => [name, { ...info, file: here(info.file) }]),
        ),
      },
      ...{ precision: PRECISION, folder: at("work"), identity: "" },
    });
    for (const source of sources) {
      if (!conversion.taken.has(source.path)) await conversion.take(source);
    }
    await conversion.finish(at("model"), "checkpoint");
    await conversion.close();
  }

  it("needs no more memory than 300 MB and three times the largest tensor", async () => {
    const width = { hidden_size: 2048, word_embed_proj_dim: 2048, ffn_dim: 8192 };
    const layers = { vocab_size: 8192, num_attention_heads: 16, num_hidden_layers: 4 };
    const config = { text_config: { ...width, ...layers } };
    await writeTinyCheckpoint(at("checkpoint"), {
      ...{ kit: "opt", config, isSparse: true, nShards: 3 },
    });
    const peakBytes = Number(await run("int8:128"));
    assert.ok(peakBytes > 50e6 && peakBytes <= 300e6 + 3 * (64 << 20), `${peakBytes} bytes`);
  });
});
