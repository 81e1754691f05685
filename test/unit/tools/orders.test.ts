import assert from "node:assert/strict";
import { mkdir, realpath, writeFile } from "node:fs/promises";
import path from "node:path";
import { Client, InMemoryTransport } from "@modelcontextprotocol/client";
import { silentLogger } from "../../../src/base/logger";
import { createMcpServer } from "../../../src/mcp/mcpServer";
import { ToolCaller } from "../../../src/tools/callTool";
import { RootedFiles } from "../../../src/tools/files/rootedFiles";
import { TOOLS } from "../../../src/tools/toolTable";
import { kitPicture } from "../../helpers/kitCases";
import { temporaryFolder } from "../../helpers/kitModel";
import {
  ORDER,
  ORDER_CALLS,
  orderPage,
  placesOfOrder,
  withoutQuotations,
} from "../../helpers/orders";
import { fakePorts, fakeRun } from "../../helpers/toolPorts";

const IMAGE = `${ORDER}.png`;

describe("text that gives orders", () => {
  let root = "";

  beforeEach(async () => {
    root = await realpath(await temporaryFolder());
    await mkdir(path.join(root, ORDER));
    await writeFile(path.join(root, IMAGE), kitPicture("opt", "wide.png"));
    await writeFile(path.join(root, ORDER, `${ORDER}.md`), orderPage());
    await writeFile(path.join(root, ORDER, "damaged.md"), Uint8Array.of(0x23, 0xc3, 0x28, 0));
  });

  /** A model that reads the order in every picture, and files that are called so. */
  const hostileCaller = (): ToolCaller => {
    const files = new RootedFiles({ roots: () => Promise.resolve([root]), howToAllow: "Ask." });
    const matches = [{ file: path.join(root, IMAGE), similarity: 1, isLikely: true }];
    const search = {
      folders: () => Promise.resolve([root]),
      lookAt: () => Promise.resolve(),
      find: () => Promise.resolve({ model: "fake", matches }),
    };
    const says = () => Promise.resolve(ORDER);
    return new ToolCaller({
      ...fakePorts({ says }, { documents: files, search }),
      pictures: files,
    });
  };

  it("is tried with every tool", () => {
    const names = TOOLS.map(({ name }) => name);
    assert.deepEqual(Object.keys(ORDER_CALLS), names);
  });

  for (const [name, { input, fields }] of Object.entries(ORDER_CALLS)) {
    it(`comes out of ${name} in its own fields alone`, async () => {
      const run = fakeRun();
      const answer = await hostileCaller().call(name, input, run);
      assert.ok(!answer.isError, JSON.stringify(answer));
      assert.deepEqual(placesOfOrder(withoutQuotations(answer.answer)), fields);
    });

    it(`comes out of ${name} of the server in its own fields alone`, async () => {
      const server = createMcpServer(
        {
          ...{ version: "1.0.0", caller: hostileCaller(), logger: silentLogger },
          onClientRoots: () => undefined,
        },
        "legacy",
      );
      const [ours, theirs] = InMemoryTransport.createLinkedPair();
      const client = new Client({ name: "test", version: "1.0.0" });
      await Promise.all([server.connect(ours), client.connect(theirs)]);
      const told: unknown[] = [];
      const answer = await client.callTool(
        { name, arguments: { ...input } },
        { onprogress: (progress) => void told.push(progress) },
      );
      await client.close();
      const structured = answer.structuredContent ?? {};
      assert.deepEqual(placesOfOrder(withoutQuotations(structured)), fields);
      const [only, ...more] = answer.content as { type: string; text: string }[];
      assert.deepEqual(more, []);
      assert.deepEqual(JSON.parse(only!.text), structured);
      // What people see of a call that runs names the picture.
      assert.deepEqual(
        placesOfOrder(told).filter((place) => place !== "[].message"),
        [],
      );
    });
  }

  it("is in no failure that a caller did not write itself", async () => {
    const failures = [
      ["ask_image", { image: "nothing.png", question: "what is it?" }, /^image\.missing: /],
      ["ask_image", { image: "/etc/passwd", question: "what is it?" }, /^path\.outside: /],
    ] as const;
    for (const [name, input, expected] of failures) {
      const answer = await hostileCaller().call(name, input, fakeRun());
      assert.ok(answer.isError, JSON.stringify(answer));
      assert.match(answer.text, expected);
      assert.deepEqual(placesOfOrder(answer.text), []);
    }
  });
});
