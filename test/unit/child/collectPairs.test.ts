import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createAuditMethods } from "../../../src/child/auditMethods";
import { noting } from "../../../src/child/notedTexts";
import type { LoadedModel } from "../../../src/child/enginePort";
import { generatedTexts } from "../../../src/library/store/generatedTexts";
import type { RequestContext } from "../../../src/protocol/rpcServer";
import { temporaryFolder } from "../../helpers/kitModel";

const context = { onCancel: () => undefined } as unknown as RequestContext;

describe("what a workspace offers to learn from", () => {
  it("is what people wrote: no text of a model, none twice, and what is not saved yet", async () => {
    const folder = await temporaryFolder();
    const store = { root: await temporaryFolder() };
    const picture = Buffer.from("no picture that anybody looks at");
    await writeFile(path.join(folder, "a.png"), picture);
    const model = {
      generate: () => Promise.resolve({ sequences: [{ text: "a photo of a red fox" }] }),
    } as unknown as LoadedModel["engine"];
    const prompt = { kind: "caption" } as const;
    const { signal } = new AbortController();
    await noting(model, store).generate({ image: picture, prompt }, { signal });
    const methods = createAuditMethods(store);
    const collect = async (file: string, text?: string) => {
      const document = { file: path.join(folder, file), ...(text === undefined ? {} : { text }) };
      const request = { run: "1", folder, documents: [document], components: [], siteRoots: [] };
      const { documents } = await methods.collectPairs(request, context);
      return documents[0];
    };
    const first = await collect(
      "a.md",
      "![A red fox](a.png) ![Our fox](a.png) ![](a.png) ![image](a.png) <img src=a.png alt=''>",
    );
    assert.deepEqual(first?.pairs, [{ image: path.join(folder, "a.png"), text: "Our fox" }]);
    assert.deepEqual([...first.leftOut].sort(), ["decorative", "generated", "missing", "poor"]);
    const second = await collect("b.md", "![our  fox](a.png) ![Gone](b.png)");
    assert.deepEqual([second?.pairs, second?.leftOut], [[], ["twice", "elsewhere"]]);
    assert.match((await collect("gone.md"))?.failure ?? "", /gone\.md is no file/);
  });

  it("knows a text of a model also where its picture was named and not sent", async () => {
    const store = { root: await temporaryFolder() };
    const digest = "f0".repeat(32);
    const model = {
      generate: () => Promise.resolve({ sequences: [{ text: "red fox" }] }),
    } as unknown as LoadedModel["engine"];
    const image = { digest, read: () => Promise.reject(new Error("Nobody needs it.")) };
    const prompt = { kind: "caption", prefix: "our" } as const;
    const { signal } = new AbortController();
    await noting(model, store).generate({ image, prompt }, { signal });
    assert.ok((await generatedTexts(store))(digest, "Our red fox."));
  });
});
