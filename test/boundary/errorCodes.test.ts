import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { AppError, ERROR_CODES } from "../../src/base/errors";
import { ERROR_WAYS } from "../helpers/errorWays";

describe("every error code", () => {
  for (const code of ERROR_CODES) {
    it(`${code} can be provoked`, async () => {
      await assert.rejects(Promise.resolve().then(ERROR_WAYS[code]), (thrown) => {
        assert.ok(thrown instanceof AppError, String(thrown));
        assert.equal(thrown.code, code, thrown.message);
        return true;
      });
    });
  }

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

function textsBelow(folder: string): readonly (readonly [file: string, text: string])[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(folder, name))
    .map((file) => [file, readFileSync(file, "utf8")] as const);
}
