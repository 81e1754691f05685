import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import path from "node:path";
import { runCli } from "../../../../src/cli/program";
import { largestCosine } from "../../../../src/engine/textComparer";
import { alignedCosine } from "../../../../src/search/index/flatIndex";
import type { PictureIndex } from "../../../../src/search/index/pictureIndex";
import { openQdrantIndex } from "../../../../src/search/index/qdrantIndex";
import { qdrantAddress, QdrantServer } from "../../../../src/search/index/qdrantServer";
import type { VectorRecord } from "../../../../src/search/index/vectorRecord";
import { testHost } from "../../../helpers/cliHost";
import { fixturePath } from "../../../helpers/fixtures";
import { kitModel, temporaryFolder } from "../../../helpers/kitModel";
import { QdrantStandIn } from "../../../helpers/qdrantServer";
import { SeededRandom } from "../../../helpers/random";
import { madeUpRecord, unitVectors } from "../../../helpers/unitVectors";

const shape = { rows: 4, width: 16 };
const { signal } = new AbortController();

describe("an index on a Qdrant server", () => {
  let server: QdrantStandIn;
  beforeEach(async () => {
    server = await QdrantStandIn.start();
  });
  afterEach(() => server.stop());

  const open = async (token?: string): Promise<PictureIndex> =>
    openQdrantIndex({
      server: await QdrantServer.at(qdrantAddress(`qdrant:${server.url}`), token),
      ...{ collection: "sightline-1", shape },
    });
  const records = (count: number): readonly VectorRecord[] => {
    const random = new SeededRandom(3);
    return Array.from({ length: count }, (_, i) => madeUpRecord(i, random, shape));
  };
  const filled = async (all: readonly VectorRecord[]): Promise<PictureIndex> => {
    const index = await open();
    for (const record of all) await index.put(record);
    return index;
  };

  it("keeps pictures, and says of each what the index of a machine says", async () => {
    const all = records(8);
    await filled(all);
    const index = await open();
    assert.equal(index.size, 8);
    assert.deepEqual([...index.digests()].sort(), all.map(({ digest }) => digest).sort());
    for (const { digest, vectors, ...traits } of all) {
      assert.ok(index.has(digest));
      assert.deepEqual(index.traits(digest), traits);
      const kept = await index.vectors(digest);
      assert.ok(kept?.every((value, i) => Math.abs(value - (vectors[i] ?? 9)) < 1e-6) === true);
    }
    assert.deepEqual(
      [index.has("00"), index.traits("00"), await index.vectors("00")],
      [false, undefined, undefined],
    );
    const before = server.asked.length;
    await index.put(all[0]!);
    assert.equal(server.asked.length, before);
    await assert.rejects(
      index.put({ ...all[0]!, digest: "f".repeat(64), vectors: new Float32Array(3) }),
    );
  });

  it("finds by ITC and by the mean of the rows, also among some", async () => {
    const all = records(40);
    const index = await filled(all);
    const random = new SeededRandom(9);
    const odd = new Set(all.filter((_, i) => i % 2 === 1).map(({ digest }) => digest));
    const text = unitVectors(random, { rows: 1, width: shape.width });
    const expected = (of: (vectors: Float32Array) => number, among = all) =>
      among
        .map(({ digest, vectors }) => ({ digest, similarity: of(vectors) }))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, 10);
    const some = all.filter(({ digest }) => odd.has(digest));
    const isWanted = (digest: string): boolean => odd.has(digest);
    same(
      await index.search(text, { k: 10 }),
      expected((own) => largestCosine(own, text)),
    );
    let scores: readonly number[] = [];
    const onScores = (told: Float32Array): void => void (scores = [...told]);
    same(
      await index.search(text, { k: 10, isWanted, onScores }),
      expected((own) => largestCosine(own, text), some),
    );
    assert.equal(scores.length, 20);
    const [{ vectors }] = all as [VectorRecord];
    const alike = expected((own) => alignedCosine(own, vectors, shape));
    same(await index.similar(vectors, { k: 10 }), alike);
    assert.deepEqual(await index.search(text, { k: 3, isWanted: () => false }), []);
  });

  it("finds the pairs that look alike, each once", async () => {
    const [one, two, three] = records(3) as [VectorRecord, VectorRecord, VectorRecord];
    const near = { ...two, vectors: one.vectors };
    const counts: number[] = [];
    const index = await filled([one, near, three]);
    const options = { least: 0.9, k: 8, signal, isWanted: () => true };
    const onProgress = (nDone: number): void => void counts.push(nDone);
    const pairs = await index.alike({ ...options, onProgress });
    assert.deepEqual(
      pairs.map(({ a, b }) => [a, b]),
      [[one.digest, two.digest].sort()],
    );
    assert.ok(Math.abs((pairs[0]?.similarity ?? 0) - 1) < 1e-5);
    assert.deepEqual(counts, [0]);
    const isWanted = (digest: string): boolean => digest !== two.digest;
    assert.deepEqual(await index.alike({ ...options, isWanted }), []);
  });

  it("says what a server refused, and keeps what it had", async () => {
    server.key = "secret";
    await assert.rejects(open(), { code: "remote.denied", message: /SIGHTLINE_QDRANT_KEY/ });
    const index = await open("secret");
    server.failing = "PUT points";
    const [one] = records(1) as [VectorRecord];
    await assert.rejects(index.put(one), { code: "remote.failed", message: /No space left/ });
    assert.equal(index.has(one.digest), false);
    await index.put(one);
    assert.equal(server.nPoints, 1);
    await server.stop();
    await assert.rejects(index.vectors(one.digest), {
      code: "remote.failed",
      message: /ECONN|side closed/,
    });
  });

  it("is reached encrypted, or on this machine, and with no password in the address", () => {
    const { origin, prefix } = qdrantAddress("qdrant:https://vectors.example:6333/team/");
    assert.deepEqual([origin, prefix], ["https://vectors.example:6333", "/team"]);
    const wrong = ["http://vectors.example", "https://u:p@vectors.example", "file:///x", ""];
    for (const url of wrong) {
      assert.throws(() => qdrantAddress(`qdrant:${url}`), { code: "option.invalid" });
    }
    assert.throws(() => qdrantAddress("https://vectors.example"), { code: "option.invalid" });
  });

  it("is filled in parts from the command line, and answers as the index of a machine", async () => {
    const home = await temporaryFolder();
    await cp(await kitModel("itm"), path.join(home, "models", "itm"), { recursive: true });
    const pictures = path.join(await temporaryFolder(), "pictures");
    await cp(fixturePath("kits", "itm", "images"), pictures, { recursive: true });
    const run = async (...args: string[]) => {
      const host = testHost({ home });
      const code = await runCli(args, host);
      return { code, out: host.stdout.text, notes: host.stderr.text };
    };
    const at = ["--index", `qdrant:${server.url}`];
    const first = await run("index", pictures, ...at, "--shard", "1/2");
    assert.match(
      first.out,
      /^4 files can be searched, 4 of them new\. The server has 4 pictures\./,
    );
    const second = await run("index", pictures, ...at, "--shard", "2/2");
    assert.match(second.out, /The server has 8 pictures\./);
    const far = await run("find", "a red sign", pictures, "--json", ...at);
    const near = await run("find", "a red sign", pictures, "--json");
    const matches = ({ out }: { out: string }) =>
      (JSON.parse(out) as { matches: { file: string; similarity: number }[] }).matches;
    assert.deepEqual(
      matches(far).map(({ file }) => file),
      matches(near).map(({ file }) => file),
    );
    for (const [i, { similarity }] of matches(far).entries()) {
      assert.ok(Math.abs(similarity - (matches(near)[i]?.similarity ?? 9)) < 1e-3);
    }
    assert.equal((await run("index", pictures, "--shard", "1/2")).code, 2);
    assert.equal((await run("index", pictures, ...at, "--shard", "3/2")).code, 2);
    assert.equal(
      (await run("find", "a", pictures, "--index", "qdrant:http://far.example")).code,
      2,
    );
  });
});

function same(
  found: readonly { digest: string; similarity: number }[],
  expected: readonly { digest: string; similarity: number }[],
): void {
  assert.deepEqual(
    found.map(({ digest }) => digest),
    expected.map(({ digest }) => digest),
  );
  for (const [i, { similarity }] of found.entries()) {
    assert.ok(Math.abs(similarity - (expected[i]?.similarity ?? 9)) < 1e-5);
  }
}
