/** A model compares the texts of a workspace with its pictures: on demand, then as documents change. */

import assert from "node:assert/strict";
import { readBaseline, rightText } from "../../../../src/audit/baseline";
import { createAudit } from "../../../../src/editor/audit/auditCommands";
import * as vscode from "vscode";
import { fixesFor } from "../../../../src/editor/audit/auditFixes";
import { auditOf } from "../../../../src/editor/audit/documentAudits";
import { comparedTexts } from "../../../../src/editor/comparing/comparedTexts";
import { tellAgain } from "../../../../src/editor/comparing/textComparison";
import type { Services } from "../../../../src/editor/shell/services";
import type { Params, Result } from "../../../../src/protocol/methods";
import { addPicture, AltWorld } from "../../../helpers/altServices";
import type { FakeDocument } from "../../../helpers/editor/documents";
import { fakeEditor, messageTexts, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import type { FakeEdit } from "../../../helpers/editor/values";
import { openDocumentAt } from "../../../helpers/editor/open";

type Mismatch = Result<"findMismatches">["mismatches"][number];

const PAGE = "file:///w/page.md";
const DIGEST = "d".repeat(64);

describe("the comparison of texts with pictures", () => {
  let services: Services;
  let feature: ReturnType<typeof createAudit>;
  let model: string;
  let mismatches: readonly Mismatch[];
  let sent: Set<string>;
  let asked: { readonly method: string; readonly params: unknown }[];

  beforeEach(() => {
    resetFakeEditor();
    addPicture("a.png");
    model = "itm";
    mismatches = [{ document: PAGE, text: 0, kind: "moved", fits: "/w/dogs.png", digest: DIGEST }];
    asked = [];
    sent = new Set();
    const world = new AltWorld();
    services = world.services;
    const engine = {
      call: async (method: string, params: unknown) => {
        asked.push({ method, params });
        await Promise.resolve();
        return answerTo(method, params);
      },
    };
    Object.assign(services, {
      engine,
      context: { workspaceState: { get: () => true, update: () => Promise.resolve() } },
    });
    feature = createAudit(services);
    fakeEditor.files.set("file:///w/page.md", new TextEncoder().encode("![Two dogs](a.png)"));
  });

  afterEach(() => {
    feature.dispose();
  });

  function answerTo(method: string, params: unknown): unknown {
    switch (method) {
      case "auditDocuments": {
        const { documents, wantsTexts } = params as Params<"auditDocuments">;
        const texts =
          wantsTexts === true ? { texts: [{ alt: "Two dogs", picture: "/w/a.png" }] } : {};
        return {
          documents: documents.map(({ file }) => ({ file, nPictures: 1, findings: [], ...texts })),
        };
      }
      case "findMismatches": {
        const { nDocuments, changed } = params as Params<"findMismatches">;
        for (const { document } of changed) sent.add(document);
        const isKnown = sent.size === nDocuments;
        const found = isKnown && nDocuments > 0 ? mismatches : [];
        return { model, isKnown, nTested: nDocuments, mismatches: found };
      }
      case "knownPictures":
        return { fresh: [], skipped: [], bytesEach: 1 };
      default:
        return { files: ["/w/a.png", "/w/dogs.png"], skipped: [] };
    }
  }

  const openPage = (): FakeDocument =>
    openDocumentAt("page.md", { language: "markdown", text: "![Two dogs](a.png)", cursor: "![" });

  const toldIn = async (): Promise<readonly string[]> => {
    const document = openPage();
    const { findings } = await auditOf(services, document as never);
    return findings.map(({ rule, message }) => `${rule}: ${message}`);
  };

  it("tells what fits another picture, in open documents and in the workspace", async () => {
    assert.deepEqual(await toldIn(), []);
    await feature.commands["sightline.compareTexts"]();
    assert.deepEqual(await toldIn(), [
      "mismatch: “Two dogs” fits “dogs.png” better, which has no text.",
    ]);
    const last = asked.filter(({ method }) => method === "auditDocuments").at(-1);
    const [document] = (last?.params as Params<"auditDocuments">).documents;
    assert.deepEqual(document?.told, [
      { alt: "Two dogs", picture: "/w/a.png", kind: "moved", fits: "dogs.png" },
    ]);
    mismatches = [];
    await tellAgain(services, new AbortController().signal);
    assert.deepEqual(await toldIn(), []);
  });

  it("sends texts that changed, and all of them to a process that knows none", async () => {
    const sentTexts = (): unknown[] =>
      asked
        .filter(({ method }) => method === "findMismatches")
        .map(({ params }) =>
          (params as Params<"findMismatches">).changed.map((one) => one.document),
        );
    await feature.commands["sightline.compareTexts"]();
    assert.deepEqual(sentTexts(), [[], [PAGE]]);
    asked = [];
    await tellAgain(services, new AbortController().signal);
    assert.deepEqual(sentTexts(), [[]]);
    asked = [];
    sent.clear();
    await tellAgain(services, new AbortController().signal);
    assert.deepEqual(sentTexts(), [[], [PAGE]]);
  });

  it("exchange two swapped texts of two documents in one edit", async () => {
    const other = "file:///w/b.md";
    addPicture("dogs.png");
    fakeEditor.files.set(other, new TextEncoder().encode("![A cat](dogs.png)"));
    const told = { alt: "Two dogs", picture: "/w/a.png", digest: DIGEST, kind: "swapped" } as const;
    const there = {
      alt: "A cat",
      picture: "/w/dogs.png",
      digest: DIGEST,
      kind: "swapped",
    } as const;
    comparedTexts(services).tell([
      {
        ...{ ...told, uri: vscode.Uri.parse(PAGE), fits: "dogs.png" },
        partner: { alt: "A cat", picture: "/w/dogs.png", document: other },
      },
      {
        ...{ ...there, uri: vscode.Uri.parse(other), fits: "a.png" },
        partner: { alt: "Two dogs", picture: "/w/a.png", document: PAGE },
      },
    ]);
    const document = openPage();
    const [reference] = (await auditOf(services, document as never)).found.references;
    const image = {
      document,
      found: { text: document.getText(), references: [reference] },
      reference,
    };
    const actions = await fixesFor(services, image as never, []);
    const exchange = actions.find(({ title }) => title.startsWith("Exchange"));
    const { replacements = [] } = (exchange?.edit ?? {}) as unknown as Partial<FakeEdit>;
    assert.deepEqual(
      replacements.map(({ uri, text }) => [String(uri), text]),
      [
        [PAGE, "A cat"],
        [other, "Two dogs"],
      ],
    );
    assert.notEqual(exchange?.isPreferred, true);
  });

  it("forgets what somebody calls right, by hashes in the baseline", async () => {
    await feature.commands["sightline.compareTexts"]();
    openPage();
    await feature.commands["sightline.textIsRight"]();
    const file = fakeEditor.files.get("file:///w/.sightline-baseline.json");
    const { right } = readBaseline(new TextDecoder().decode(file as Uint8Array), "baseline");
    assert.deepEqual(right, [rightText(DIGEST, "Two dogs")]);
    assert.deepEqual(await toldIn(), []);
    const again = async (): Promise<unknown> => await feature.commands["sightline.textIsRight"]();
    await assert.rejects(again, /No model doubts/);
  });

  it("leaves the demo alone unless somebody wants its opinion", async () => {
    model = "demo-itm";
    await feature.commands["sightline.compareTexts"]();
    assert.match(messageTexts()[0] ?? "", /nearly all that it would say is wrong/);
    assert.ok(!comparedTexts(services).isCompared);
    Object.assign(services.settings, { compareWithDemo: true });
    await feature.commands["sightline.compareTexts"]();
    assert.equal((await toldIn()).length, 1);
  });
});
