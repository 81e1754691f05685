import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { kitPath } from "../helpers/fixtures";
import { kitModel, temporaryFolder } from "../helpers/kitModel";
import { childrenOf, type ConnectedClient, connectMcp, ERAS, memoryOf } from "../helpers/mcpClient";
import { isAlive, until } from "../helpers/waiting";

const CLI = path.resolve("dist", "cli.js");

/** What a tool answered, as a client has it. */
interface Answer {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
}

describe("sightline mcp", function () {
  // Starts and conversions of tiny models; a hang ends here.
  this.timeout(120_000);
  let home = "";
  let root = "";
  let model = "";
  const connected: ConnectedClient[] = [];

  before(async () => {
    home = await temporaryFolder();
    root = path.join(await temporaryFolder(), "pictures");
    await mkdir(root);
    await copyFile(kitPath("opt", "images", "wide.png"), path.join(root, "wide.png"));
    await writeFile(path.join(root, "broken.png"), "no picture");
    model = await kitModel("opt");
  });

  afterEach(async () => {
    await Promise.all(connected.splice(0).map(({ client }) => client.close()));
  });

  const connect = async (
    args: readonly string[],
    more: Partial<Parameters<typeof connectMcp>[1]> = {},
  ): Promise<ConnectedClient & { call: (name: string, given: object) => Promise<Answer> }> => {
    const found = await connectMcp(args, { home, ...more });
    connected.push(found);
    const call = async (name: string, given: object): Promise<Answer> =>
      (await found.client.callTool(
        { name, arguments: { ...given } },
        { timeout: 60_000 },
      )) as Answer;
    return { ...found, call };
  };

  it("answers with a demo that was never used, if that is asked for", async () => {
    const options = { home: await temporaryFolder() };
    const { call } = await connect(["--root", root, "--model", "demo"], options);
    const answered = await call("ask_image", { image: "wide.png", question: "what is it?" });
    assert.notEqual(answered.isError, true, answered.content[0]?.text);
    assert.equal(answered.structuredContent?.["model"], "demo");
  });

  for (const [era, options] of Object.entries(ERAS)) {
    it(`serves a client of the ${era} revision`, async () => {
      const { client, call, transport, stderr } = await connect(
        ["--root", root, "--model", model],
        { options },
      );
      const pid = transport.pid!;
      // A client of the new revision starts the server once more, to find out which it speaks.
      if (era === "legacy") assert.match(stderr(), /^sightline: ready, for .*pictures\n$/);
      assert.deepEqual(childrenOf(pid), [], "a process before the first call");
      const { tools } = await client.listTools();
      for (const { inputSchema, outputSchema, annotations } of tools) {
        assert.equal(inputSchema["type"], "object");
        assert.equal(outputSchema?.["type"], "object");
        assert.equal(annotations?.readOnlyHint, true);
      }
      const described = await call("describe_image", { images: ["wide.png", "broken.png"] });
      const { results } = described.structuredContent as {
        results: readonly { text?: string; error?: { code: string } }[];
      };
      assert.equal(typeof results[0]?.text, "string");
      assert.equal(results[1]?.error?.code, "image.unreadable");
      assert.deepEqual(JSON.parse(described.content[0]!.text), described.structuredContent);
      const outside = await call("ask_image", { image: "/etc/passwd", question: "what is it?" });
      assert.equal(outside.isError, true);
      assert.match(outside.content[0]!.text, /^path\.outside: /);
      const children = childrenOf(pid);
      assert.ok(children.length > 0);
      await client.close();
      for (const child of [pid, ...children]) {
        await until(() => !isAlive(child), `for process ${child} to end`);
      }
    });
  }

  it("checks documents without a model, and says what it finds by words", async () => {
    const docs = path.join(root, "docs");
    await mkdir(docs, { recursive: true });
    await writeFile(path.join(docs, "a.md"), "![](../wide.png)");
    const searching = await temporaryFolder();
    await cp(await kitModel("itm"), path.join(searching, "models", "itm"), { recursive: true });
    const { call, transport } = await connect(["--root", root], { home: searching });
    const audited = await call("audit_alt_text", { paths: ["docs"] });
    assert.match(audited.content[0]!.text, /"rule":"missing"/);
    assert.deepEqual(childrenOf(transport.pid!), [], "a process for what needs no model");
    const found = await call("find_images", { query: "a red sign" });
    const { matches, ...rest } = found.structuredContent as {
      matches: readonly { image: string }[];
    };
    assert.deepEqual(rest, { model: "itm", searched: 2, remaining: 0 });
    assert.deepEqual(
      matches.map(({ image }) => path.basename(image)),
      ["wide.png"],
    );
    const outside = await call("find_images", { query: "a red sign", folder: "/etc" });
    assert.match(outside.content[0]!.text, /^path\.outside: /);
  });

  it("asks a client for its folders when it was given none", async () => {
    const { call } = await connect(["--model", model], {
      options: { capabilities: { roots: {} } },
      prepare: (client) => {
        client.setRequestHandler("roots/list", () => ({
          roots: [{ uri: pathToFileURL(root).href }],
        }));
      },
    });
    const asked = { question: "what is it?" };
    const inside = await call("ask_image", { ...asked, image: "wide.png" });
    assert.notEqual(inside.isError, true, inside.content[0]?.text);
    const outside = await call("ask_image", { ...asked, image: "/etc/passwd" });
    assert.match(outside.content[0]!.text, /^path\.outside: /);
  });

  it("reads nothing for a client that has no folders either", async () => {
    const { call } = await connect(["--model", model]);
    const answer = await call("describe_image", { images: [path.join(root, "wide.png")] });
    assert.match(JSON.stringify(answer.structuredContent), /may read no folder yet/);
  });

  it("says which model is missing where none is installed", async () => {
    const { call } = await connect(["--root", root]);
    const described = await call("describe_image", { images: ["wide.png"] });
    assert.match(
      described.content[0]!.text,
      /^model\.missing: No model for photographs is installed\. Run "sightline models add /,
    );
    const scored = await call("score_image_text", { image: "wide.png", texts: ["a"] });
    assert.match(scored.content[0]!.text, /compares pictures with texts is installed/);
  });

  it("answers again after its engine was killed", async () => {
    const { call, transport } = await connect(["--root", root, "--model", model]);
    const asked = { image: "wide.png", question: "what is it?" };
    const first = await call("ask_image", asked);
    for (const child of childrenOf(transport.pid!)) process.kill(child, "SIGKILL");
    const later = await call("ask_image", asked);
    if (later.isError === true) assert.match(later.content[0]!.text, /^engine\.exited: /);
    assert.deepEqual((await call("ask_image", asked)).structuredContent, first.structuredContent);
  });

  it("gives up a call that the client cancels, and goes on", async () => {
    const { client, call } = await connect(["--root", root, "--model", model]);
    const controller = new AbortController();
    const abort = (): void => {
      controller.abort();
    };
    const images = Array<string>(16).fill("wide.png");
    const cancelled = client.callTool(
      { name: "describe_image", arguments: { images } },
      { signal: controller.signal, onprogress: abort },
    );
    await assert.rejects(cancelled);
    const answer = await call("ask_image", { image: "wide.png", question: "what is it?" });
    assert.notEqual(answer.isError, true, answer.content[0]?.text);
  });

  it("keeps its standard output to the protocol, whatever it is sent", async () => {
    const child = spawn(process.execPath, [CLI, "mcp", "--root", root, "--model", model], {
      env: { ...process.env, SIGHTLINE_HOME: home },
    });
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    const send = (message: unknown): void => {
      child.stdin.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
    };
    const request = (id: number, method: string, params: object): object => {
      return { jsonrpc: "2.0", id, method, params };
    };
    const clientInfo = { name: "raw", version: "1" };
    send("no JSON at all");
    const protocolVersion = "2025-06-18";
    send(request(1, "initialize", { protocolVersion, capabilities: {}, clientInfo }));
    await until(() => stdout.includes('"id":1'), "for the first answer", 60_000);
    send({ jsonrpc: "2.0", method: "notifications/initialized" });
    send(
      '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"describe_image","arguments":{"images":["wide.png"]}}}',
    );
    send("{");
    send([1, 2, 3]);
    send(request(3, "tools/call", { name: 7 }));
    send(request(4, "no/such/method", {}));
    for (const id of [2, 3, 4]) {
      await until(() => stdout.includes(`"id":${id}`), `for answer ${id}`, 60_000);
    }
    child.stdin.end();
    const [exitCode] = (await once(child, "close")) as [number];
    assert.equal(exitCode, 0);
    const lines = stdout.split("\n").filter((line) => line !== "");
    for (const line of lines) {
      assert.equal((JSON.parse(line) as { jsonrpc: unknown }).jsonrpc, "2.0", line);
    }
  });

  it("answers or refuses each of a thousand calls at once, in bounded memory", async () => {
    const child = spawn(process.execPath, [CLI, "mcp", "--root", root, "--model", model], {
      env: { ...process.env, SIGHTLINE_HOME: home },
    });
    const answers = new Map<number, Answer>();
    let nStrange = 0;
    let rest = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { jsonrpc, id, result } = JSON.parse(line) as {
          jsonrpc: string;
          id: number;
          result: Answer;
        };
        if (jsonrpc !== "2.0" || answers.has(id)) nStrange++;
        answers.set(id, result);
      }
    });
    const send = (id: number, method: string, params: object): void => {
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    };
    const clientInfo = { name: "raw", version: "1" };
    send(0, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    await until(() => answers.has(0), "for the first answer");
    const askOnce = {
      name: "ask_image",
      arguments: { image: "wide.png", question: "what is it?" },
    };
    send(1, "tools/call", askOnce);
    await until(() => answers.has(1), "for the model");
    const before = memoryOf(child.pid!);
    for (let id = 2; id < 1002; id++) send(id, "tools/call", askOnce);
    await until(() => answers.size === 1002, "for all answers", 90_000);
    const refused = [...answers.values()].filter(({ isError }) => isError === true);
    // One runs and sixteen wait; places that come free meanwhile are taken by later ones.
    assert.ok(refused.length > 0 && refused.length <= 1000 - 17, `${refused.length} refused`);
    for (const { content } of refused) assert.match(content[0]!.text, /^engine\.busy: 16 requests/);
    assert.equal(nStrange, 0);
    const grownMb = (memoryOf(child.pid!) - before) / 2 ** 20;
    assert.ok(grownMb < 200, `${grownMb.toFixed(0)} MB more`);
    send(1002, "tools/call", askOnce);
    await until(() => answers.has(1002), "for an answer after all that");
    assert.deepEqual(answers.get(1002), answers.get(1));
    child.stdin.end();
    const [exitCode] = (await once(child, "close")) as [number];
    assert.equal(exitCode, 0);
    assert.equal(rest, "");
  });

  it("ends with its client in the middle of a call, and at a signal", async () => {
    for (const [end, expected] of [
      [(child: ReturnType<typeof spawn>) => void child.stdin?.destroy(), 0],
      [(child: ReturnType<typeof spawn>) => void child.kill("SIGTERM"), 143],
    ] as const) {
      const child = spawn(process.execPath, [CLI, "mcp", "--root", root, "--model", model], {
        env: { ...process.env, SIGHTLINE_HOME: home },
      });
      const params = { name: "describe_image", arguments: { images: ["wide.png"] } };
      const clientInfo = { name: "raw", version: "1" };
      for (const [id, method, given] of [
        [1, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo }],
        [2, "tools/call", params],
      ] as const) {
        child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params: given })}\n`);
      }
      await until(() => childrenOf(child.pid!).length > 0, "for the engine to start", 60_000);
      const children = childrenOf(child.pid!);
      end(child);
      const [exitCode] = (await once(child, "close")) as [number];
      assert.equal(exitCode, expected);
      for (const pid of children) await until(() => !isAlive(pid), `for process ${pid} to end`);
    }
  });

  it("refuses a folder that is none, before it serves", async () => {
    await assert.rejects(connectMcp(["--root", path.join(root, "nowhere")], { home }));
  });
});
