import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { assertNever } from "../../src/base/assert";
import { AppError, ERROR_CODES, type ErrorCode, throwIfAborted } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import { runVerify } from "../../src/cli/verifyCommand";
import { convertModel } from "../../src/convert/convertModel";
import { type Blip2Engine, loadEngine } from "../../src/engine/blip2Engine";
import { createOrtSessionFactory } from "../../src/engine/ortSession";
import { resolveGenerationOptions } from "../../src/model/ask/generationOptions";
import { parseBlip2Config } from "../../src/model/blip2Config";
import { fixturePath } from "../helpers/fixtures";
import { kitPicture } from "../helpers/kitCases";
import { copyOfKitModel, kitModel, temporaryFolder } from "../helpers/kitModel";

const checkpoint = fixturePath("kits", "t5-odd", "checkpoint");
const missing = path.resolve("test", "fixtures", "none");

const load = async (folder: string): Promise<Blip2Engine> =>
  loadEngine({ folder, device: "cpu", logger: silentLogger });

async function ask(kit: string, image: Uint8Array, text: string): Promise<void> {
  const engine = await load(await kitModel(kit));
  try {
    await engine.generate({ image, prompt: { kind: "raw", text } });
  } finally {
    await engine.release();
  }
}

/** One way to each code that a few lines lead to. */
const WAYS: Partial<Readonly<Record<ErrorCode, () => unknown>>> = {
  "checkpoint.missing": async () =>
    convertModel({ checkpoint: missing, out: path.join(await temporaryFolder(), "m") }),
  "checkpoint.corrupt": () => parseBlip2Config("{", "config.json"),
  "checkpoint.unsupported": () => parseBlip2Config('{"model_type": "llava"}', "config.json"),
  "checkpoint.incomplete": async () => {
    // A checkpoint of one class under the configuration of another.
    const folder = await temporaryFolder();
    for (const name of readdirSync(fixturePath("kits", "itm", "checkpoint"))) {
      const kit = name === "config.json" ? "opt" : "itm";
      const bytes = readFileSync(fixturePath("kits", kit, "checkpoint", name));
      await writeFile(path.join(folder, name), bytes);
    }
    await convertModel({ checkpoint: folder, out: path.join(folder, "model") });
  },
  "convert.failed": async () => convertModel({ checkpoint, out: await temporaryFolder() }),
  "model.missing": () => load(missing),
  "model.corrupt": async () => {
    const folder = await copyOfKitModel("t5-odd");
    await rm(path.join(folder, "config.json"));
    await load(folder);
  },
  "model.unsupported": () => ask("itm", kitPicture("itm", "tiny.png"), "why?"),
  "image.unreadable": () => ask("t5-odd", new Uint8Array(10), "why?"),
  "image.blank": async () => {
    const engine = await load(await kitModel("opt-odd"));
    try {
      const image = new TextEncoder().encode(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
      );
      await engine.generate({ image, prompt: { kind: "caption" } });
    } finally {
      await engine.release();
    }
  },
  "prompt.tooLong": () => ask("opt-odd", kitPicture("opt-odd", "tiny.png"), "why? ".repeat(100)),
  "option.invalid": () => resolveGenerationOptions({ numBeams: 0 }),
  "device.unavailable": async () =>
    createOrtSessionFactory({
      loadRuntime: () => Promise.reject(new Error("libonnxruntime.so is not there")),
    }).open(new Uint8Array(1), { device: "cpu" }),
  "request.cancelled": () => {
    throwIfAborted(AbortSignal.abort());
  },
  "kit.invalid": () => runVerify(missing, {}),
  internal: () => assertNever("a new case" as never),
};

describe("every error code", () => {
  for (const [code, provoke] of Object.entries(WAYS)) {
    it(`${code} can be provoked`, async () => {
      await assert.rejects(Promise.resolve().then(provoke), (thrown) => {
        assert.ok(thrown instanceof AppError, String(thrown));
        assert.equal(thrown.code, code, thrown.message);
        return true;
      });
    });
  }

  it("is expected by a test besides these", () => {
    const others = testsBut("boundary/errorCodes.test.ts");
    const unproven = ERROR_CODES.filter((code) => !others.some((text) => expects(text, code)));
    assert.deepEqual(unproven, []);
  });

  it("is thrown somewhere in the sources, and no other is", () => {
    const sources = textsBelow("src").filter(
      ([file]) => file !== path.join("src", "base", "errors.ts"),
    );
    const silent = ERROR_CODES.filter(
      (code) => !sources.some(([, text]) => text.includes(`"${code}"`)),
    );
    assert.deepEqual(silent, []);
  });
});

/** True when a code stands in an assertion or in an argument of a helper that asserts. */
function expects(text: string, code: ErrorCode): boolean {
  const quoted = `"${code}"`;
  const lines = text.split("\n");
  return lines.some((line, i) => {
    if (!line.includes(quoted)) return false;
    // A call may begin a few lines above its argument.
    const around = lines.slice(Math.max(0, i - 6), i + 1).join("\n");
    return /\b(assert|fails|refuses|rejects|throws|code)\w*\b/i.test(around.replaceAll(quoted, ""));
  });
}

function testsBut(name: string): readonly string[] {
  return textsBelow("test")
    .filter(([file]) => file.endsWith(".test.ts") && !file.endsWith(path.normalize(name)))
    .map(([, text]) => text);
}

function textsBelow(folder: string): readonly (readonly [file: string, text: string])[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(folder, name))
    .map((file) => [file, readFileSync(file, "utf8")] as const);
}
