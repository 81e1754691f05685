/** What a model says of texts, as the audit tells it, and what somebody called right. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { baselineText, readBaseline, rightText } from "../../../../src/audit/baseline";
import { altCheck } from "../../../../src/cli/check/checkCommand";
import type { CheckFlags } from "../../../../src/cli/check/checkFlags";
import { pictureKey, type SaidByModel } from "../../../../src/cli/check/saidByModel";
import { ProjectDocuments } from "../../../../src/cli/documents/projectDocuments";
import {
  type Comparison,
  type ComparisonOf,
  findTold,
} from "../../../../src/cli/search/textComparison";
import { placesOf } from "../../../../src/search/mismatch/mismatches";
import { useAltPages } from "../../../helpers/altPages";
import { MemorySink } from "../../../helpers/cliHost";
import { MismatchWorld } from "../../../helpers/mismatchWorld";

describe("texts that fit another picture", () => {
  const { at, put, cli } = useAltPages();

  /** Texts 7 and 12 have changed places. */
  function swapped(isAccepted: (text: number) => boolean): Comparison {
    const world = new MismatchWorld(40);
    const topic = (i: number): number => (i === 7 ? 12 : i === 12 ? 7 : i);
    const texts = Array.from({ length: world.n }, (_, i) => ({
      ...{ cluster: i, text: `topic ${topic(i)}`, document: `${i}.md` },
    }));
    const places = texts.map(({ text }, i) => ({
      ...{ alt: text, digest: String(i).padEnd(64, "0"), image: { isAccepted: isAccepted(i) } },
    }));
    const { port, bank } = world;
    return { compared: { texts, places, port, bank } } as unknown as Comparison;
  }

  async function told(comparison: Comparison, baseline: string): Promise<number[][]> {
    const project = await ProjectDocuments.with({});
    const of = { project, paths: [], flags: { baseline } } as unknown as ComparisonOf;
    const { findings } = await findTold(comparison, of);
    return findings.map(({ texts }) => [...texts]);
  }

  it("are not told where a comment took them back or somebody called one right", async () => {
    const baseline = at("known.json");
    const none = (): boolean => false;
    assert.deepEqual(await told(swapped(none), baseline), [[7, 12]]);
    assert.deepEqual(
      await told(
        swapped((text) => text === 12),
        baseline,
      ),
      [],
    );
    const right = [rightText("7".padEnd(64, "0"), "topic 12")];
    await put("known.json", baselineText({ findings: [], right }));
    assert.deepEqual(await told(swapped(none), baseline), []);
    const other = [rightText("8".padEnd(64, "0"), "topic 12")];
    await put("known.json", baselineText({ findings: [], right: other }));
    assert.deepEqual(await told(swapped(none), baseline), [[7, 12]]);
  });

  it("say at each place which picture is meant", () => {
    const texts = [4, 5, 6].map((cluster) => ({ cluster, text: "", document: "" }));
    const common = { rival: 9, margin: 1, own: 0, fit: 1 };
    const fits = (found: Parameters<typeof placesOf>[0]): number[] =>
      placesOf(found, texts).map((place) => place.fits);
    assert.deepEqual(fits({ kind: "moved", texts: [0], ...common }), [9]);
    assert.deepEqual(fits({ kind: "swapped", texts: [0, 1], ...common }), [5, 4]);
    assert.deepEqual(fits({ kind: "shifted", texts: [0, 1, 2], ...common }), [5, 6, 4]);
  });

  async function check(flags: CheckFlags, found?: SaidByModel) {
    const stdout = new MemorySink();
    const stderr = new MemorySink();
    const code = await altCheck(
      {
        ...{ stdout, stderr, signal: new AbortController().signal, version: "1.2.3" },
        stdin: async function* () {
          yield await Promise.resolve("");
        },
        ...(found === undefined ? {} : { compare: () => Promise.resolve(found) }),
      },
      [at("a.md")],
      flags,
    );
    return { code, out: stdout.text, err: stderr.text };
  }

  it("are findings of a rule like any other, and known ones stay known without a model", async () => {
    const file = await put("a.md", "# A\n\n![Two dogs run](public/img/a%20b.png)\n");
    const key = pictureKey({
      range: { start: { line: 2, character: 0 }, end: { line: 2, character: 0 } },
      alt: "Two dogs run",
    });
    const mismatch = { kind: "moved", fits: "dogs.png" } as const;
    const found = new Map([[file, new Map([[key, { mismatch }]])]]);
    const { code, out } = await check({ pictures: true, json: true }, found);
    const [row] = JSON.parse(out) as { rule: string; level: string; message: string }[];
    assert.deepEqual([code, row?.rule, row?.level], [0, "mismatch", "hint"]);
    assert.equal(row?.message, "“Two dogs run” fits “dogs.png” better, which has no text.");
    assert.equal((await check({ pictures: true, rule: ["mismatch=warn"] }, found)).code, 1);
    const sarif = JSON.parse((await check({ pictures: true, format: ["sarif"] }, found)).out) as {
      runs: { tool: { driver: { rules: { id: string; properties: object }[] } } }[];
    };
    const rules = sarif.runs[0]?.tool.driver.rules ?? [];
    const precisions = rules.map(({ id, properties }) => [id, { ...properties }] as const);
    for (const [id, properties] of precisions) {
      const isOfModel = ["mismatch", "decorative-doubt", "image-of-text"].includes(id);
      const precision = isOfModel ? "low" : "high";
      assert.equal((properties as { precision: string }).precision, precision);
    }
    const baseline = at("known.json");
    await check({ pictures: true, updateBaseline: true, baseline }, found);
    const known = readFileSync(baseline, "utf8");
    assert.match(known, /"rule":"mismatch"/);
    assert.equal((await check({ baseline, strictBaseline: true })).code, 0);
    await check({ baseline, pruneBaseline: true });
    await check({ baseline, updateBaseline: true });
    assert.equal(readFileSync(baseline, "utf8"), known);
    await put("a.md", "![Two dogs run](public/img/a%20b.png)\n<!-- sightline-disable-file -->\n");
    assert.equal((await check({ pictures: true, json: true }, found)).out, "[]\n");
  });

  it("need a model, which standard input cannot be compared with", async () => {
    await put("a.md", "");
    const { code, err } = await check({ pictures: true, stdin: true }, new Map());
    assert.equal(code, 2);
    assert.match(err, /--pictures compares documents on the disk/);
  });

  it("are called right by their place, and kept beside the known findings", async () => {
    const baseline = at("known.json");
    const page = await put("a.md", "# A\n\n![Two dogs run](public/img/a%20b.png) ![](b.png)\n");
    await put("known.json", baselineText({ findings: [], right: [] }));
    for (const place of [`${page}:3`, `${page}:3:1`, `${page}:3`]) {
      const { code } = await cli("alt", "right", place, "--baseline", baseline);
      assert.equal(code, 0);
    }
    const bytes = readFileSync(at("public/img/a b.png"));
    const digest = createHash("sha256").update(bytes).digest("hex");
    const { right } = readBaseline(readFileSync(baseline, "utf8"), baseline);
    assert.deepEqual(right, [rightText(digest, "Two dogs run")]);
    for (const place of [`${page}:1`, `${page}:3:9`, page, `${at("none.md")}:1`]) {
      const { code } = await cli("alt", "right", place, "--baseline", baseline);
      assert.notEqual(code, 0, place);
    }
    await put("known.json", '{"version":1,"findings":[],"right":[3]}');
    assert.notEqual((await cli("alt", "right", `${page}:3`, "--baseline", baseline)).code, 0);
  });
});
