import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { METHODS } from "../../../src/protocol/methods";

/** Words that mean other things as well. */
const COMMON = [
  "load",
  "prepare",
  "generate",
  "score",
  "models",
  "catalog",
  "convert",
  "status",
  "learn",
  "thumbnail",
];
/** The port gives it a second parameter. */
const SPECIAL = "deleteModel";

describe("the table of methods", () => {
  const sources = ["protocol", "child", "host"].flatMap((room) =>
    readdirSync(`src/${room}`, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => {
        const file = path.posix.join("src", room, name.replaceAll("\\", "/"));
        // Who calls a method names it and its types, and so may a file and a comment.
        const text = readFileSync(file, "utf8");
        const named =
          /\.call\(\s*"\w+"|\bfrom ".*"|\b(?:Params|Result)<"\w+">|\/\*[^]*?\*\/|\/\/.*/g;
        return { file, code: text.replaceAll(named, "") };
      }),
  );
  const spelledIn = (method: string): string[] =>
    sources.filter(({ code }) => new RegExp(`\\b${method}\\b`).test(code)).map(({ file }) => file);

  it("names each method once, and the child handles it in one other file", () => {
    const methods = Object.keys(METHODS).filter((method) => !COMMON.includes(method));
    assert.ok(methods.length > 10);
    for (const method of methods) {
      const files = spelledIn(method);
      assert.ok(
        files.some((file) => /^src\/protocol\/(?:\w+M|m)ethods\.ts$/.test(file)),
        method,
      );
      const port = method === SPECIAL || method === "planLoad" || method === "unload" ? 1 : 0;
      assert.ok(files.length <= 2 + 2 * port, `${method}: ${files.join(", ")}`);
    }
  });

  it("lets only one process use a network, and never that which answers", () => {
    const processes = Object.entries(METHODS).map(([method, { process }]) => [method, process]);
    const downloads = processes.filter(([, process]) => process === "downloads");
    assert.deepEqual(
      downloads.map(([method]) => method),
      ["addModel", "planCuda", "installCuda"],
    );
  });

  it("has a limit for the silence of every method", () => {
    for (const [method, { silence }] of Object.entries(METHODS)) {
      assert.ok(silence >= 1 && silence <= 60, method);
    }
  });
});
