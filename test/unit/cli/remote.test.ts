import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { runCli } from "../../../src/cli/program";
import { remotePicture } from "../../../src/remote/remotePicture";
import {
  type AskedChat,
  answerStreamed,
  answerWhole,
  type ChatServer,
  startChatServer,
} from "../../helpers/chatServer";
import { testHost } from "../../helpers/cliHost";
import { kitPath } from "../../helpers/fixtures";
import { temporaryFolder } from "../../helpers/kitModel";

describe("commands with a server in the place of a model", () => {
  let home = "";
  let folder = "";
  let server: ChatServer;
  let nRunning = 0;
  let nMost = 0;

  before(async () => {
    home = await temporaryFolder();
    folder = await temporaryFolder();
    server = await startChatServer(async ({ body, picture }, response) => {
      nMost = Math.max(nMost, ++nRunning);
      // The first to come is the last to be answered, so that an order has to be kept.
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(1, 40 - server.asked.length * 4)),
      );
      nRunning--;
      const text = `a thing of ${picture.length} bytes`;
      if (body.stream === true) answerStreamed(response, text);
      else answerWhole(response, text);
    });
    const endpoint = { name: "gpu", url: server.url, dialect: "transformers", model: "tiny" };
    await writeFile(
      path.join(home, "remote.json"),
      JSON.stringify([{ ...endpoint, family: "opt", imageSize: 56 }]),
    );
    for (let nth = 0; nth < 9; nth++) {
      const name = nth % 2 === 0 ? "wide.png" : "tall.png";
      await copyFile(kitPath("opt", "images", name), path.join(folder, `${nth}.png`));
    }
    await writeFile(path.join(folder, "broken.png"), "no picture");
  });
  after(() => server.close());

  const run = async (...args: string[]) => {
    const host = testHost({ home });
    const exitCode = await runCli(args, host);
    return { exitCode, stdout: host.stdout.text, stderr: host.stderr.text };
  };

  it("describe a folder, several pictures at once, in order, past one that is broken", async () => {
    const { exitCode, stdout, stderr } = await run("caption", folder, "--model", "remote:gpu");
    assert.equal(exitCode, 1);
    const names = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => path.basename(line.split(":")[0]!));
    assert.deepEqual(
      names,
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((nth) => `${nth}.png`),
    );
    assert.match(stderr, /Pictures are sent to 127\.0\.0\.1:\d+, in 56 × 56 pixels/);
    assert.match(stderr, /9 pictures answered, 1 failed/);
    assert.ok(nMost > 1 && nMost <= 4, `${nMost} at once`);
  });

  it("write alternative texts into documents", async () => {
    const site = path.join(folder, "site");
    await mkdir(site);
    await copyFile(kitPath("opt", "images", "wide.png"), path.join(site, "a.png"));
    const page = path.join(site, "page.md");
    await writeFile(page, "![](a.png)\n\n![](a.png)\n");
    const { exitCode, stderr } = await run("alt", "write", page, "--model", "remote:gpu");
    assert.equal(exitCode, 0, stderr);
    assert.match(
      await readFile(page, "utf8"),
      /^!\[A thing of \d+ bytes\]\(a\.png\)\n\n!\[A thing/,
    );
  });

  it("name the server in place of a device", async () => {
    const image = path.join(folder, "0.png");
    const { stdout } = await run("ask", image, "what is it?", "--model", "remote:gpu", "--json");
    const { model, device } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual({ model, device }, { model: "remote:gpu", device: "remote" });
  });

  it("compare a server with what transformers wrote, and end with 1 where it differs", async () => {
    const endpoint = { name: "kit", dialect: "transformers", model: "tiny", family: "opt" };
    const answers = await recordedAnswers();
    const kit = await startChatServer((asked, response) => {
      const text = answers(asked) ?? "";
      if (asked.body.stream === true) answerStreamed(response, text);
      else answerWhole(response, text);
    });
    try {
      await writeFile(
        path.join(home, "remote.json"),
        JSON.stringify([
          { ...endpoint, url: kit.url, imageSize: 56 },
          { ...endpoint, name: "gpu", url: server.url, imageSize: 56 },
        ]),
      );
      const right = await run("verify", kitPath("opt"), "--remote", "kit");
      assert.deepEqual([right.exitCode, right.stderr.includes("Asking about")], [0, true]);
      assert.match(right.stdout, /^greedy +27 of 27\n[^]*opt on kit equals the reference\.$/m);
      const wrong = await run("verify", kitPath("opt"), "--remote", "gpu", "--json");
      assert.equal(wrong.exitCode, 1);
      const { ok, generation } = JSON.parse(wrong.stdout) as {
        ok: boolean;
        generation: Record<string, { cases: number; equal: number }>;
      };
      assert.deepEqual([ok, generation["greedy"]], [false, { cases: 27, equal: 0 }]);
    } finally {
      await kit.close();
    }
  });

  it("say what to do about a server that is not known, and one that cannot compare", async () => {
    const image = path.join(folder, "0.png");
    const unknown = await run("ask", image, "what?", "--model", "remote:tpu");
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /has no server "tpu"\. It has: .*gpu\./);
    const host = testHost({ home: await temporaryFolder() });
    assert.equal(await runCli(["ask", image, "what?", "--model", "remote:gpu"], host), 1);
    assert.match(host.stderr.text, /Write .*remote\.json, for example \[\{"name": "gpu"/);
    const score = await run("score", image, "a dog", "--model", "remote:gpu");
    assert.match(score.stderr, /does not compare pictures with texts/);
  });
});

interface KitCases {
  readonly cases: readonly {
    readonly image: string;
    readonly text: string;
    readonly generation: Readonly<
      Record<string, { readonly settings: Settings; readonly text: readonly string[] }>
    >;
  }[];
}

type Settings = Readonly<Record<string, unknown>>;

/** What the kit's checkpoint wrote to a picture, words and settings. */
async function recordedAnswers(): Promise<(asked: AskedChat) => string | undefined> {
  const { cases } = JSON.parse(await readFile(kitPath("opt", "cases.json"), "utf8")) as KitCases;
  const texts = new Map<string, string | undefined>();
  for (const { image: name, text: words, generation } of cases) {
    const image = await readFile(kitPath("opt", "images", name));
    const { png } = await remotePicture({ image, alpha: "drop" }, 56);
    for (const { settings, text } of Object.values(generation)) {
      texts.set(keyOf(Buffer.from(png), words, settings), text[0]);
    }
  }
  return ({ picture, words, body }) => {
    const { generation_config: given, max_tokens } = body;
    const settings: Settings =
      given === undefined ? { max_new_tokens: max_tokens } : (JSON.parse(given) as Settings);
    return texts.get(keyOf(picture, words, settings));
  };
}

function keyOf(png: Buffer, words: string, settings: Settings): string {
  const usual = { max_new_tokens: 30, min_new_tokens: 0, num_beams: 1, do_sample: false };
  const penalties = { length_penalty: 1, repetition_penalty: 1, no_repeat_ngram_size: 0 };
  const known: Settings = { ...usual, ...penalties };
  const values = Object.keys(known).map((key) => settings[key] ?? known[key]);
  return JSON.stringify([png.toString("base64"), words, values]);
}
