/** The built command line, run as its users run it: exit codes, streams, signals. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { cp, mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { runCliProcess, type CliOutcome } from "../helpers/cliProcess";
import { fixturePath } from "../helpers/fixtures";

interface KitCase {
  readonly image: string;
  readonly text: string;
  readonly itm?: number;
  readonly itc?: number;
  readonly generation?: Readonly<
    Record<
      string,
      { readonly ids: number[][]; readonly text: string[]; readonly scores?: number[] }
    >
  >;
}

function kitCases(kit: string): readonly KitCase[] {
  const text = readFileSync(fixturePath("kits", kit, "cases.json"), "utf8");
  return (JSON.parse(text) as { cases: KitCase[] }).cases;
}

const checkpoint = (kit: string): string => fixturePath("kits", kit, "checkpoint");
const image = (kit: string, name: string): string => fixturePath("kits", kit, "images", name);
const PHOTO = image("opt", "photo.png");

/** The JSON lines of stdout. */
function jsonLines(outcome: CliOutcome): readonly Record<string, unknown>[] {
  assert.ok(outcome.stdout.endsWith("\n"), outcome.stderr);
  const lines = outcome.stdout.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the command line", () => {
  const home = mkdtempSync(path.join(tmpdir(), "sightline-cli-"));
  const model = (kit: string): string => path.join(home, `kit-${kit}`);
  const run = (args: readonly string[], input?: string | Uint8Array): Promise<CliOutcome> =>
    runCliProcess(args, input === undefined ? { home } : { home, input });
  /** Runs a command with a converted kit, as the reference was run. */
  const runKit = (
    kit: string,
    args: readonly string[],
    input?: string | Uint8Array,
  ): Promise<CliOutcome> =>
    run([...args, "--model", model(kit), "--device", "cpu", "--alpha", "drop"], input);

  before(async () => {
    for (const kit of ["opt", "t5", "itm"]) {
      const outcome = await run(["convert", checkpoint(kit), model(kit)]);
      assert.equal(outcome.exitCode, 0, outcome.stderr);
    }
  });
  after(() => rm(home, { recursive: true }));

  describe("when it is used wrongly", () => {
    const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
      ["without a command", [], /Usage: sightline/],
      ["with an unknown command", ["see"], /^sightline: unknown command 'see'\n.*--help/],
      ["with an unknown flag", ["models", "--fast"], /^sightline: unknown option '--fast'\n/],
      ["without a picture", ["ask"], /^sightline: missing required argument 'image'\n/],
      ["without a question", ["ask", PHOTO], /^sightline: The question is missing\./],
      ["with two prompts", ["ask", PHOTO, "a", "--raw-prompt", "b"], /^sightline: .*not both\.\n$/],
      ["with an empty question", ["ask", PHOTO, "", "--model", model("opt")], /question is empty/],
      ["with words for a number", ["ask", PHOTO, "a", "--top-k", "x"], /--top-k.*must be a number/],
      ["with a number out of range", ["ask", PHOTO, "a", "--top-p", "2"], /--top-p must be above/],
      ["with an unknown device", ["ask", PHOTO, "a", "--device", "abacus"], /Allowed choices/],
      [
        "with an unknown precision",
        ["convert", checkpoint("opt"), model("x"), "--precision", "f8"],
        /f8/,
      ],
      ["with a picture and questions from one pipe", ["chat", "-"], /Give the path of a picture/],
    ];
    for (const [what, args, words] of wrong) {
      it(`exits with 2 and says what is wrong ${what}`, async () => {
        const outcome = await run(args);
        assert.equal(outcome.exitCode, 2, outcome.stderr);
        assert.match(outcome.stderr, words);
        assert.equal(outcome.stdout, "");
      });
    }

    it("tells programs too", async () => {
      const [object] = jsonLines(await run(["ask", "--json"]));
      const error = { code: "option.invalid", message: "missing required argument 'image'" };
      assert.deepEqual(object, { error });
    });
  });

  describe("when something is broken", () => {
    const broken: readonly (readonly [string, readonly string[], string])[] = [
      ["a missing picture", ["ask", "nowhere.png", "a"], "image.missing"],
      [
        "a file that is no picture",
        ["ask", "package.json", "a", "--model", model("opt")],
        "image.unreadable",
      ],
      ["a model that does not exist", ["ask", PHOTO, "a", "--model", "nobody"], "model.missing"],
      ["a folder that is no model", ["ask", PHOTO, "a", "--model", "./src"], "model.missing"],
      [
        "a checkpoint that does not exist",
        ["convert", "nowhere", "/nonexistent/m"],
        "checkpoint.missing",
      ],
      ["a target that exists", ["convert", checkpoint("opt"), model("opt")], "convert.failed"],
      [
        "a question to a retrieval model",
        ["ask", PHOTO, "a", "--model", model("itm")],
        "model.unsupported",
      ],
      [
        "texts for a generation model",
        ["score", PHOTO, "a", "--model", model("opt")],
        "model.unsupported",
      ],
      ["a kit that does not exist", ["verify", "nowhere"], "kit.invalid"],
    ];
    for (const [what, args, code] of broken) {
      it(`exits with 1 and one line for ${what}`, async () => {
        const device = ["ask", "score"].includes(args[0] ?? "") ? ["--device", "cpu"] : [];
        const outcome = await run([...args, ...device, "--json", "--quiet"]);
        assert.equal(outcome.exitCode, 1, outcome.stderr);
        const [object] = jsonLines(outcome);
        const { error } = object as { error: { code: string; message: string } };
        assert.equal(error.code, code);
        assert.equal(outcome.stderr, `sightline: ${error.message}\n`);
      });
    }

    it("refuses a picture that was cut off", async () => {
      const bytes = (await readFile(PHOTO)).subarray(0, 2000);
      const outcome = await runKit("opt", ["ask", "-", "a", "--json"], bytes);
      assert.equal(outcome.exitCode, 1);
      assert.match(outcome.stdout, /"image\.unreadable"/);
    });

    it("notices a model whose file was changed, on demand", async () => {
      const copy = path.join(home, "changed");
      await cp(model("itm"), copy, { recursive: true });
      const sound = await run(["inspect", copy, "--verify", "--json"]);
      assert.equal(jsonLines(sound)[0]?.["verified"], true);
      const file = await open(path.join(copy, "vision_encoder.onnx_data"), "r+");
      await file.write(Buffer.from([1, 2, 3]), 0, 3, 1000);
      await file.close();
      const outcome = await run(["inspect", copy, "--verify"]);
      assert.equal(outcome.exitCode, 1);
      assert.match(outcome.stderr, /vision_encoder\.onnx_data is damaged/);
    });
  });

  describe("ask", () => {
    it("answers as the reference, and prints exactly the documented fields", async () => {
      for (const entry of kitCases("opt").slice(2, 5)) {
        const args = ["ask", image("opt", entry.image), "--raw-prompt", entry.text];
        const outcome = await runKit("opt", [...args, "--max-new-tokens", "12", "--json"]);
        const [object] = jsonLines(outcome);
        assert.equal(object?.["answer"], entry.generation?.["greedy"]?.text[0]);
        // Kits leave out padding ids, which count as tokens where the model chose them.
        assert.ok(
          Number(object?.["tokens"]) >= (entry.generation?.["greedy"]?.ids[0]?.length ?? 0),
        );
        assert.deepEqual(Object.keys(object ?? {}), [
          ...["image", "answer", "model", "device", "tokens", "timings", "cached"],
        ]);
        assert.deepEqual(Object.keys(object?.["timings"] ?? {}), [
          ...["preprocess", "vision", "qformer", "prefill", "decode", "total"],
        ]);
        assert.equal(object?.["model"], "kit-opt");
        assert.equal(object["device"], "cpu");
        assert.equal(outcome.stderr, "");
        assert.equal(outcome.exitCode, 0);
      }
    });

    it("puts a question into the words that the model was evaluated with", async () => {
      const entry = kitCases("opt").find(({ text }) => text.startsWith("Question: what colour"));
      assert.ok(entry !== undefined);
      const picture = image("opt", entry.image);
      const args = ["ask", picture, "what colour is the circle?", "--max-new-tokens", "12"];
      const outcome = await runKit("opt", args);
      assert.equal(outcome.stdout, `${entry.generation?.["greedy"]?.text[0] ?? ""}\n`);
    });

    it("finds the features of a picture that it has seen, on disk", async () => {
      const args = ["ask", image("opt", "gray.png"), "why?", "--json"];
      const cached = async (): Promise<unknown> =>
        jsonLines(await runKit("opt", args))[0]?.["cached"];
      assert.deepEqual(await cached(), { imageFeatures: "computed", prefixTokens: 0 });
      assert.deepEqual(await cached(), { imageFeatures: "disk", prefixTokens: 0 });
    });

    it("reads the picture from standard input", async () => {
      const args = (source: string): string[] => ["ask", source, "what is it?"];
      const fromFile = await runKit("opt", args(PHOTO));
      const fromPipe = await runKit("opt", args("-"), await readFile(PHOTO));
      assert.equal(fromPipe.exitCode, 0, fromPipe.stderr);
      assert.equal(fromPipe.stdout, fromFile.stdout);
    });

    it("gives several sequences of a beam search with their scores", async () => {
      const entry = kitCases("opt")[2];
      assert.ok(entry !== undefined);
      const args = ["ask", image("opt", entry.image), "--raw-prompt", entry.text, "--json"];
      const beams = ["--num-beams", "3", "--num-return-sequences", "3", "--max-new-tokens", "12"];
      const [object] = jsonLines(await runKit("opt", [...args, ...beams]));
      const sequences = object?.["sequences"] as { text: string; score: number }[];
      assert.equal(sequences.length, 3);
      assert.equal(object?.["answer"], sequences[0]?.text);
      const scores = sequences.map(({ score }) => score);
      assert.deepEqual(
        scores,
        [...scores].sort((a, b) => b - a),
      );
    });

    it("stops before a stop string", async () => {
      const entry = kitCases("opt")[2];
      const whole = entry?.generation?.["greedy"]?.text[0] ?? "";
      const stop = " What";
      assert.ok(whole.includes(stop));
      const args = ["ask", image("opt", entry?.image ?? ""), "--raw-prompt", entry?.text ?? ""];
      const outcome = await runKit("opt", [...args, "--stop", stop]);
      assert.equal(outcome.stdout, `${whole.slice(0, whole.indexOf(stop))}\n`);
    });

    it("hints at flags without effect, unless it is to be quiet", async () => {
      const args = ["ask", PHOTO, "why?", "--temperature", "2"];
      assert.match((await runKit("opt", args)).stderr, /Without --do-sample.*--temperature\.\n$/);
      assert.equal((await runKit("opt", [...args, "--quiet"])).stderr, "");
    });
  });

  describe("caption", () => {
    it("prints the caption alone for one picture", async () => {
      const entry = kitCases("opt").find(({ text }) => text === "a photo of");
      const args = ["caption", image("opt", entry?.image ?? ""), "--prompt", "a photo of"];
      const outcome = await runKit("opt", [...args, "--max-new-tokens", "12"]);
      assert.equal(outcome.stdout, `${entry?.generation?.["greedy"]?.text[0] ?? ""}\n`);
    });

    it("prints a line per picture, and goes on after one that cannot be read", async () => {
      const pictures = [PHOTO, "nowhere.png", image("opt", "wide.png")];
      const outcome = await runKit("opt", ["caption", ...pictures]);
      assert.equal(outcome.exitCode, 1);
      const lines = outcome.stdout.trimEnd().split("\n");
      assert.equal(lines.length, 2);
      assert.ok(lines[0]?.startsWith(`${PHOTO}: `));
      assert.ok(lines[1]?.startsWith(`${image("opt", "wide.png")}: `));
      assert.deepEqual(outcome.stderr.trimEnd().split("\n"), [
        "sightline: There is no file nowhere.png. Check the path.",
        "sightline: 2 pictures answered, 1 failed.",
      ]);
    });
  });

  describe("chat", () => {
    const args = ["chat", PHOTO, "--max-new-tokens", "8"];

    it("keeps earlier turns, and begins anew when told so", async () => {
      const questions = "what is it?\nwhy?\n\n/new\nwhat is it?\n/exit\nnot asked\n";
      const outcome = await runKit("opt", [...args, "--json"], questions);
      assert.equal(outcome.exitCode, 0, outcome.stderr);
      const answers = jsonLines(outcome);
      assert.deepEqual(
        answers.map(({ question }) => question),
        ["what is it?", "why?", "what is it?"],
      );
      const reused = answers.map(({ cached }) => (cached as { prefixTokens: number }).prefixTokens);
      assert.equal(reused[0], 0);
      // The second question continues the first turn behind eight image positions.
      assert.ok((reused[1] ?? 0) > 8, `reused ${String(reused[1])} positions`);
      assert.equal(answers[2]?.["answer"], answers[0]?.["answer"]);
    });

    it("prints one answer per line", async () => {
      const outcome = await runKit("opt", args, "what is it?\nwhy?\n");
      const [first] = jsonLines(await runKit("opt", [...args, "--json"], "what is it?\n"));
      assert.equal(outcome.stdout.split("\n").length, 3);
      assert.equal(outcome.stdout.split("\n")[0], first?.["answer"]);
    });

    it("goes on after a question that is too long, and exits with 1 in the end", async () => {
      const long = "why ".repeat(400);
      const outcome = await runKit("opt", [...args, "--json"], `${long}\nwhat is it?\n`);
      assert.equal(outcome.exitCode, 1);
      const [tooLong, answered] = jsonLines(outcome);
      assert.equal((tooLong?.["error"] as { code: string }).code, "prompt.tooLong");
      assert.equal(answered?.["question"], "what is it?");
      assert.equal(typeof answered["answer"], "string");
    });
  });

  describe("score", () => {
    it("scores as the reference, the best match first", async () => {
      const entries = kitCases("itm").filter((entry) => entry.image === "photo.png");
      const texts = entries.map(({ text }) => text);
      const args = ["score", image("itm", "photo.png"), ...texts, "--json"];
      const [object] = jsonLines(await runKit("itm", args));
      const scores = object?.["scores"] as { text: string; itm: number; itc: number }[];
      assert.equal(scores.length, entries.length);
      for (const { text, itm = NaN, itc = NaN } of entries) {
        const own = scores.find((score) => score.text === text);
        assert.ok(Math.abs((own?.itm ?? NaN) - itm) < 1e-3, text);
        assert.ok(Math.abs((own?.itc ?? NaN) - itc) < 1e-3, text);
      }
      const itms = scores.map(({ itm }) => itm);
      assert.deepEqual(
        itms,
        [...itms].sort((a, b) => b - a),
      );
    });

    it("prints a table for people", async () => {
      const outcome = await runKit("itm", ["score", image("itm", "photo.png"), "zebra!"]);
      assert.match(outcome.stdout, /^ +ITM +ITC {2}TEXT\n0\.\d{4} +-?0\.\d{4} {2}zebra!\n$/);
    });
  });

  describe("convert", () => {
    it("tells programs what it made, in the precision of each part", async () => {
      const out = path.join(home, "mixed");
      const args = ["convert", checkpoint("opt"), out, "--precision", "f32,decoder=int8:16"];
      const outcome = await run([...args, "--json"]);
      const [object] = jsonLines(outcome);
      assert.equal(object?.["folder"], out);
      const parts = object["parts"] as { name: string; precision: string }[];
      assert.equal(parts.find(({ name }) => name === "decoder")?.precision, "int8:16");
      assert.equal(parts.find(({ name }) => name === "qformer")?.precision, "f32");
      assert.match(outcome.stderr, /^Converting: \d+%[^]*Converting: 100%/);
    });
  });

  describe("the demo", () => {
    it("is converted once by processes that begin together, and listed", async () => {
      const own = await mkdtemp(path.join(home, "demo-"));
      const bundled = await runCliProcess(["models", "--json"], { home: own });
      const [before] = jsonLines(bundled);
      const comparing = { name: "demo-itm", state: "bundled", kind: "retrieval" };
      const answering = { name: "demo", state: "bundled", kind: "generation" };
      assert.deepEqual(before?.["models"], [answering, comparing]);
      const args = ["caption", PHOTO, "--device", "cpu", "--json"];
      const outcomes = await Promise.all(
        Array.from({ length: 3 }, () => runCliProcess(args, { home: own })),
      );
      for (const outcome of outcomes) {
        assert.equal(outcome.exitCode, 0, outcome.stderr);
        assert.equal(jsonLines(outcome)[0]?.["model"], "demo");
        assert.equal(outcome.stderr.split("Demo model: knows coloured shapes only.").length, 2);
      }
      assert.equal((await readdir(path.join(own, "models"))).length, 1);
      const [after] = jsonLines(await runCliProcess(["models", "--json"], { home: own }));
      const [demo, ...others] = after?.["models"] as { name: string; state: string }[];
      assert.equal(demo?.name, "demo");
      assert.equal(demo.state, "ready");
      assert.deepEqual(others, [comparing]);
    });
  });

  describe("models remove", () => {
    it("deletes a model that was converted into the store, and says what that frees", async () => {
      const own = await mkdtemp(path.join(home, "remove-"));
      const folder = path.join(own, "models", "mine");
      const convert = ["convert", checkpoint("opt-odd"), folder, "--json"];
      const [converted] = jsonLines(await runCliProcess(convert, { home: own }));
      const bytes = Number(converted?.["bytes"]);
      const [reply] = jsonLines(
        await runCliProcess(["models", "remove", "mine", "--json"], { home: own }),
      );
      assert.equal(reply?.["name"], "mine");
      // The manifest is not in its own list.
      assert.ok(Number(reply["freedBytes"]) >= bytes && bytes > 0);
      assert.deepEqual(await readdir(path.join(own, "models")), []);
      const again = await runCliProcess(["models", "remove", "mine"], { home: own });
      assert.equal(again.exitCode, 1);
      assert.match(
        again.stderr,
        /^sightline: There is no model "mine"\. Known models: demo, demo-itm\./,
      );
    });

    it("tells people too, and cannot be led out of the store", async () => {
      const own = await mkdtemp(path.join(home, "remove-"));
      const demo = await runCliProcess(["models", "remove", "demo"], { home: own });
      assert.equal(demo.stdout, "Deleted demo: 0 bytes are free again\n");
      const outside = await runCliProcess(["models", "remove", "../.."], { home: own });
      assert.equal(outside.exitCode, 1);
      assert.match(outside.stderr, /no model "\.\.\/\.\."/);
    });
  });

  describe("inspect", () => {
    it("describes a checkpoint and what became of it", async () => {
      const [source] = jsonLines(await run(["inspect", checkpoint("t5"), "--json"]));
      assert.equal(source?.["type"], "checkpoint");
      assert.equal(source["languageModel"], "t5");
      const [converted] = jsonLines(await run(["inspect", model("t5"), "--json"]));
      assert.equal(converted?.["type"], "model");
      assert.equal(converted["kind"], "generation");
      const parts = converted["parts"] as { name: string; precision: string; bytes: number }[];
      assert.ok(parts.some(({ name }) => name === "text_encoder"));
      assert.ok(parts.every(({ precision, bytes }) => precision === "f32" && bytes > 0));
    });

    it("cannot verify a checkpoint, which says nothing about its files", async () => {
      const outcome = await run(["inspect", checkpoint("t5"), "--verify"]);
      assert.equal(outcome.exitCode, 2);
      assert.match(outcome.stderr, /Leave --verify out/);
    });
  });

  describe("help and version", () => {
    it("go to stdout and are no failure", async () => {
      const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
      assert.deepEqual(await run(["--version"]), {
        exitCode: 0,
        signal: null,
        stdout: `${version}\n`,
        stderr: "",
      });
      const help = await run(["ask", "--help"]);
      assert.equal(help.exitCode, 0);
      assert.match(help.stdout, /--no-repeat-ngram-size/);
    });
  });
});
