/** The GitHub Action, run as a workflow runs it: on a made folder, with inputs and files in the environment. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type ActionOutcome, runAction } from "../helpers/actionRun";
import { BOT, GithubStandIn, type Refusal } from "../helpers/githubStandIn";

const FINDINGS = "![](https://example.com/a.png)\n\n![image](https://example.com/b.png)\n";
const NONE = "![A red circle](https://example.com/a.png)\n";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "sightline-action-"));
  writeFileSync(at("a.md"), FINDINGS);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => path.join(folder, name);

describe("the action", () => {
  it("annotates lines, sums up, sets outputs, writes SARIF and fails", async () => {
    const { status, out } = await runAction(folder, { "sarif-file": "out.sarif" });
    assert.equal(status, 1, out);
    assert.match(
      out,
      /::warning file=a\.md,line=1,endLine=1,col=1,endColumn=31,title=sightline missing::/,
    );
    assert.equal(readFileSync(at("output"), "utf8"), "findings=2\nfiles=1\nfailed=true\n");
    assert.match(readFileSync(at("summary.md"), "utf8"), /\| \[placeholder\]/);
    const { runs } = JSON.parse(readFileSync(at("out.sarif"), "utf8")) as {
      runs: { results: unknown[] }[];
    };
    assert.equal(runs[0]?.results.length, 2);
  });

  it("can pass in spite of findings, and never in spite of a mistake", async () => {
    const run = async (inputs: Record<string, string>): Promise<number> =>
      (await runAction(folder, inputs)).status;
    assert.equal(await run({ "fail-on": "never", annotations: "false" }), 0);
    assert.equal(await run({ paths: "nowhere" }), 2);
    assert.equal(await run({ "fail-on": "ugly" }), 2);
  });

  it("leads from the summary to the lines of the commit that was checked", async () => {
    const env = { GITHUB_SERVER_URL: "https://github.example", GITHUB_REPOSITORY: "a/b" };
    writeFileSync(at("b (1).md"), FINDINGS);
    await runAction(folder, {}, { ...env, GITHUB_SHA: "c0ffee" });
    const page = readFileSync(at("summary.md"), "utf8");
    assert.ok(page.includes("[line 3](https://github.example/a/b/blob/c0ffee/a.md#L3)"), page);
    assert.ok(page.includes("/blob/c0ffee/b%20%281%29.md#L1)"), page);
  });
});

describe("the action's comment on a pull request", () => {
  let github: GithubStandIn;
  beforeEach(async () => {
    github = await GithubStandIn.start("a/b");
  });
  afterEach(() => github.stop());

  const NUMBER = 7;

  async function run(
    inputs: Readonly<Record<string, string>> = {},
    event: unknown = {
      pull_request: { number: NUMBER, head: { sha: "c0ffee", repo: { full_name: "fork/b" } } },
    },
  ): Promise<ActionOutcome> {
    rmSync(at("summary.md"), { force: true });
    // Beside the checkout, as a runner keeps it.
    writeFileSync(at("event.json"), JSON.stringify(event));
    return runAction(
      folder,
      { comment: "true", token: github.token, ...inputs },
      {
        GITHUB_API_URL: github.url,
        GITHUB_SERVER_URL: "https://github.example",
        GITHUB_REPOSITORY: "a/b",
        GITHUB_EVENT_PATH: at("event.json"),
        GITHUB_JOB: "docs",
        GITHUB_ACTION: "__self",
      },
    );
  }

  const summary = (): string => readFileSync(at("summary.md"), "utf8");
  const changes = (): string[] => github.asked.filter((each) => !each.startsWith("GET"));

  it("is written once, edited when something else is found, and deleted when nothing is", async () => {
    const person = github.add(NUMBER, "What a nice change.");
    const { status, out } = await run();
    assert.equal(status, 1, out);
    const [, first = ""] = github.bodiesOf(NUMBER);
    assert.match(first, /2 pictures: 1 missing, 1 placeholder\./);
    assert.ok(first.includes("(https://github.example/fork/b/blob/c0ffee/a.md#L3)"), first);
    assert.doesNotMatch(summary() + out, /no comment/);

    await run();
    assert.equal(changes().length, 1, "What is as it was is not written again.");

    writeFileSync(at("a.md"), `${NONE}\n![](https://example.com/c.png)\n`);
    await run();
    const [, second = ""] = github.bodiesOf(NUMBER);
    assert.match(second, /2 pictures: 1 missing\./);

    writeFileSync(at("a.md"), NONE);
    assert.equal((await run()).status, 0);
    assert.deepEqual(github.comments.get(NUMBER), [person]);
    assert.deepEqual(
      changes().map((each) => each.split(" ")[0]),
      ["POST", "PATCH", "DELETE"],
    );

    await run();
    assert.equal(changes().length, 3, "Where there is nothing to say, nothing is said.");
  });

  it("is found behind many others, once where there are two, and never by what outsiders wrote", async () => {
    await run();
    const [own = ""] = github.bodiesOf(NUMBER);
    github.comments.set(NUMBER, []);
    const forged = github.add(NUMBER, own);
    for (let n = 0; n < 150; n++) github.add(NUMBER, `Talk ${n}.`);
    const old = github.add(NUMBER, own.replace("2 pictures", "9 pictures"), BOT);
    const double = github.add(NUMBER, own, BOT);
    const other = github.add(NUMBER, own.replace("docs __self", "site __self"), BOT);
    await run();
    assert.equal(forged.body, own);
    assert.equal(old.body, own);
    assert.ok(github.comments.get(NUMBER)?.includes(other));
    assert.ok(!github.comments.get(NUMBER)?.includes(double));
    assert.equal(github.bodiesOf(NUMBER).length, 153);
  });

  it("notifies nobody, whatever documents say", async () => {
    mkdirSync(at("@team"));
    writeFileSync(at("@team/a.md"), '![](a.png "@octocat #12")\n');
    writeFileSync(at("a.md"), NONE);
    await run();
    const [body = ""] = github.bodiesOf(NUMBER);
    assert.match(body, /@&#8203;octocat/);
    assert.match(body, /blob\/c0ffee\/%40team\/a\.md#L1\)/);
    assert.doesNotMatch(body, /@(?!&#8203;)|(?<!&)#\d/);
  });

  it("is cut where GitHub would refuse it, and the summary is not", async () => {
    const many = Array.from({ length: 1500 }, (_, n) => `![](https://example.com/${n}.png)\n`);
    writeFileSync(at("a.md"), many.join("\n"));
    const { status } = await run({ annotations: "false" });
    assert.equal(status, 1);
    const [body = ""] = github.bodiesOf(NUMBER);
    assert.ok(body.length > 50_000 && body.length < 65_536, String(body.length));
    assert.match(body, /The rest does not fit here\.\n\n<\/details>/);
    assert.match(summary(), /#L2999\)/);
  });

  it("is left to the summary where the token may not write, in one sentence", async () => {
    for (const status of [403, 404, 401]) {
      github.asked.length = 0;
      github.refusals.splice(0, 1, { method: "POST", status });
      const outcome = await run();
      assert.equal(outcome.status, 1, "What was found counts as before.");
      assert.equal(changes().length, 1, "It is not asked again.");
      const sentence = /There is no comment on the pull request, because [^.]*write[^.]*\./g;
      assert.equal(summary().match(sentence)?.length, 1, summary());
      assert.match(summary(), /1 missing, 1 placeholder/);
      assert.match(outcome.out, /::notice title=Sightline::There is no comment/);
    }
  });

  it("is tried again after a failure of the server, without a second one", async () => {
    const again = { headers: { "retry-after": "0" } };
    const rounds: readonly Refusal[] = [
      { method: "POST", status: 502, times: 2, ...again },
      { method: "POST", status: 429, times: 1, ...again },
      {
        ...{ method: "GET", status: 403, times: 1 },
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" },
      },
    ];
    for (const refusal of rounds) {
      github.comments.clear();
      github.refusals.splice(0, 1, refusal);
      await run();
      assert.equal(github.bodiesOf(NUMBER).length, 1, JSON.stringify(refusal));
      assert.doesNotMatch(summary(), /There is no/);
    }
  });

  it("is given up where waiting would take too long, or nothing answers", async () => {
    const far = String(Math.floor(Date.now() / 1000) + 3000);
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": far };
    github.refusals.push({ method: "GET", status: 403, headers });
    assert.equal((await run()).status, 1);
    assert.match(summary(), /There is no new comment .*: GitHub answered 403 .*too often\.\n$/);
    assert.equal(github.asked.length, 1);

    github.refusals.splice(0, 1, { method: "GET", status: 500, headers: { "retry-after": "0" } });
    await run();
    assert.match(summary(), /GitHub answered 500 to GET\.\n$/);
    assert.equal(github.asked.length, 4);
  });

  it("is edited anew where somebody deleted it in between", async () => {
    await run();
    writeFileSync(at("a.md"), "![](https://example.com/a.png)\n");
    github.refusals.push({ method: "PATCH", status: 404, times: 1 });
    await run();
    assert.match(github.bodiesOf(NUMBER).join(), /1 picture: 1 missing\./);
  });

  it("is only for pull requests, and only where it is wanted and everything was read", async () => {
    await run({}, { ref: "refs/heads/main" });
    assert.match(summary(), /There is no comment, because this run is for no pull request\./);
    await run({ token: "" });
    assert.match(summary(), /because this run has no token\./);
    await run({ comment: "false" });
    assert.doesNotMatch(summary(), /There is no/);
    assert.deepEqual(github.asked, []);
    const own = github.add(NUMBER, "<!-- sightline alt check: docs __self -->\nOf before.", BOT);
    writeFileSync(at("a.md"), Buffer.from([0x21, 0x5b, 0x5d, 0x28, 0xff, 0xfe, 0xfd, 0x29]));
    assert.equal((await run()).status, 2);
    assert.deepEqual(github.comments.get(NUMBER), [own]);
  });
});
