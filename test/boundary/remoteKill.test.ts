import assert from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  answerStreamed,
  answerWhole,
  type ChatServer,
  startChatServer,
} from "../helpers/chatServer";
import { CliProcess, runCliProcess } from "../helpers/cliProcess";
import { kitPath } from "../helpers/fixtures";
import { temporaryFolder } from "../helpers/kitModel";
import { until } from "../helpers/waiting";

const N_PICTURES = 12;
const MAX_PARALLEL = 2;

describe("the command line, killed while a server answers", () => {
  let home = "";
  let folder = "";
  let server: ChatServer;
  /** Questions that are answered before the server falls silent. */
  let nAnswers = Infinity;

  beforeEach(async () => {
    home = await temporaryFolder();
    folder = await temporaryFolder();
    nAnswers = Infinity;
    server = await startChatServer(({ body }, response) => {
      if (server.asked.length > nAnswers) return;
      if (body.stream === true) answerStreamed(response, "a sign");
      else answerWhole(response, "a sign");
    });
    const endpoint = { name: "gpu", url: server.url, dialect: "transformers", model: "tiny" };
    await writeFile(
      path.join(home, "remote.json"),
      JSON.stringify([{ ...endpoint, family: "opt", imageSize: 56, maxParallel: MAX_PARALLEL }]),
    );
    for (let nth = 0; nth < N_PICTURES; nth++) {
      await copyFile(kitPath("opt", "images", "wide.png"), path.join(folder, `${10 + nth}.png`));
    }
  });
  afterEach(() => server.close());

  /** Ends the program without a chance to tidy up, when so many questions have arrived. */
  const killed = async (args: readonly string[], nAsked: number): Promise<void> => {
    nAnswers = nAsked - MAX_PARALLEL;
    const running = new CliProcess([...args, "--model", "remote:gpu"], home);
    await until(() => server.asked.length >= nAsked, "for the questions before the end");
    running.child.kill("SIGKILL");
    await running.ended();
    nAnswers = Infinity;
    server.asked.length = 0;
  };

  it("goes on with a table where it ends", async () => {
    const out = path.join(folder, "answers.csv");
    const args = ["ask", folder, "--question", "what is it?", "--out", out];
    await killed(args, 6);
    const before = (await readFile(out, "utf8")).split("\r\n").filter(Boolean).length - 1;
    assert.ok(before > 0 && before < N_PICTURES, `${before} rows`);
    const { exitCode, stderr } = await runCliProcess([...args, "--model", "remote:gpu"], { home });
    assert.equal(exitCode, 0, stderr);
    const files = (await readFile(out, "utf8")).split("\r\n").map((row) => row.split(",")[0]);
    const pictures = Array.from({ length: N_PICTURES }, (_, nth) =>
      path.join(folder, `${10 + nth}.png`),
    );
    assert.deepEqual(files, ["file", ...pictures, ""]);
    assert.equal(server.asked.length, N_PICTURES - before);
  });

  it("leaves whole documents with their texts, and describes what is left", async () => {
    const pages = [0, 1, 2, 3].map((nth) => path.join(folder, `${nth}.md`));
    for (const [nth, page] of pages.entries()) {
      const names = [0, 1, 2].map((each) => `${10 + 3 * nth + each}.png`);
      await writeFile(page, names.map((name) => `![](${name})\n`).join("\n"));
    }
    await killed(["alt", "write", folder], 8);
    const written = async (): Promise<number[]> => {
      const texts = await Promise.all(pages.map((page) => readFile(page, "utf8")));
      return texts.map((text) => text.match(/!\[A sign\]/g)?.length ?? 0);
    };
    const before = await written();
    assert.ok(before[0] === 3 && before.at(-1) === 0, before.join(" "));
    assert.ok(
      before.every((n) => n === 0 || n === 3),
      before.join(" "),
    );
    const args = ["alt", "write", folder, "--model", "remote:gpu"];
    const { exitCode, stderr } = await runCliProcess(args, { home });
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await written(), [3, 3, 3, 3]);
    const nBefore = 3 * before.filter((n) => n === 3).length;
    assert.equal(server.asked.length, N_PICTURES - nBefore);
  });
});
