import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { hubCache, hubToken } from "../../../src/machine/huggingFaceHome";
import { temporaryFolder } from "../../helpers/kitModel";

describe("the places of Hugging Face's own tools", () => {
  let homeDir: string;

  beforeEach(async () => {
    homeDir = await temporaryFolder();
  });

  const tokenOf = async (env: Readonly<Record<string, string>>): Promise<string | undefined> =>
    (await hubToken({ env, homeDir }))?.token;

  it("have the token of a variable, else that of a file, in the tools' order", async () => {
    const named = path.join(homeDir, "named");
    await writeFile(named, "hf_named\n");
    await writeFile(path.join(homeDir, "token"), "hf_home\r\n");
    const kept = { HF_HOME: homeDir };
    for (const [env, expected] of [
      [{}, undefined],
      [kept, "hf_home"],
      [{ ...kept, HF_TOKEN_PATH: named }, "hf_named"],
      [{ HF_TOKEN_PATH: "~/named" }, "hf_named"],
      [{ HF_HOME: "~" }, "hf_home"],
      [{ ...kept, HF_TOKEN_PATH: path.join(homeDir, "none") }, undefined],
      [{ ...kept, HF_TOKEN: "hf_set" }, "hf_set"],
      [{ ...kept, HUGGING_FACE_HUB_TOKEN: "hf_old" }, "hf_old"],
      [{ ...kept, HF_TOKEN: "  " }, "hf_home"],
      [{ ...kept, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }, undefined],
      [{ ...kept, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1", HF_TOKEN: "hf_set" }, "hf_set"],
    ] as const) {
      assert.equal(await tokenOf(env), expected, JSON.stringify(env));
    }
    assert.equal((await hubToken({ env: kept, homeDir }))?.from, "file");
    const homeless = {
      env: {},
      get homeDir(): string {
        throw new Error("no home");
      },
    };
    assert.equal(await hubToken(homeless), undefined);
  });

  it("send nothing of a file that holds something else", async () => {
    for (const text of ["", "two words", "a\nb", "x".repeat(5000), "\u0000\u0001", "\u00fc"]) {
      await writeFile(path.join(homeDir, "token"), text);
      assert.equal(
        await tokenOf({ HF_HOME: homeDir }),
        undefined,
        JSON.stringify(text).slice(0, 20),
      );
    }
    assert.equal(await tokenOf({ HF_TOKEN_PATH: homeDir }), undefined);
  });

  it("have the cache where it is said to be", () => {
    const cacheOf = (env: Readonly<Record<string, string>>): string => hubCache({ env, homeDir });
    assert.equal(cacheOf({}), path.join(homeDir, ".cache", "huggingface", "hub"));
    assert.equal(cacheOf({ XDG_CACHE_HOME: "/x" }), path.join("/x", "huggingface", "hub"));
    assert.equal(cacheOf({ HF_HOME: "~/hf" }), path.join(homeDir, "hf", "hub"));
    assert.equal(cacheOf({ HF_HOME: "/a", HUGGINGFACE_HUB_CACHE: "/b", HF_HUB_CACHE: "/c" }), "/c");
  });
});
