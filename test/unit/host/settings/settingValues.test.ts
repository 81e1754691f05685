import assert from "node:assert/strict";
import { homedir } from "node:os";
import path from "node:path";
import {
  MAX_IDLE_MINUTES,
  readSetting,
  SETTING_DEFAULTS,
  type SettingKey,
  settingProblem,
} from "../../../../src/host/settings/settingValues";

const KEYS = Object.keys(SETTING_DEFAULTS) as SettingKey[];
const HERE = path.resolve("models");

describe("the settings", () => {
  it("take their own defaults", () => {
    for (const key of KEYS) {
      assert.deepEqual(readSetting(key, SETTING_DEFAULTS[key]), SETTING_DEFAULTS[key]);
    }
  });

  const good: readonly (readonly [SettingKey, unknown, unknown])[] = [
    ["model", "  my model ", "my model"],
    ["model", HERE, HERE],
    ["device", "cuda", "cuda"],
    ["device", "auto", "auto"],
    ["storageFolder", "", ""],
    ["storageFolder", "  ", ""],
    ["storageFolder", `${HERE}${path.sep}..${path.sep}models`, HERE],
    ["storageFolder", "~", path.normalize(homedir())],
    ["storageFolder", "~/pictures", path.join(homedir(), "pictures")],
    ["hub.endpoint", " https://mirror.example/hf ", "https://mirror.example/hf"],
    ["hub.endpoint", "", ""],
    ["hub.endpoint", "http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["cuda.libraryFolder", "~/cuda", path.join(homedir(), "cuda")],
    ["idleMinutes", 1, 1],
    ["idleMinutes", 1.5, 1.5],
    ["idleMinutes", MAX_IDLE_MINUTES, MAX_IDLE_MINUTES],
    ["alt.siteRoots", ["web", " docs/static "], ["web", "docs/static"]],
    ["alt.components", [], []],
    ["alt.onPaste", true, true],
    ["alt.hover", false, false],
    ["alt.remoteImages", "never", "never"],
    [
      "alt.remoteHosts",
      [" CDN.example", "10.0.0.1:8080", "[::1]:80"],
      ["cdn.example", "10.0.0.1:8080", "[::1]:80"],
    ],
  ];
  for (const [key, value, expected] of good) {
    it(`take ${JSON.stringify(value)} for ${key}`, () => {
      assert.deepEqual(readSetting(key, value), expected);
    });
  }

  const bad: readonly (readonly [SettingKey, unknown])[] = [
    ["model", ""],
    ["model", "  "],
    ["model", 7],
    ["model", "two\nlines"],
    ["model", "x".repeat(5000)],
    ["device", "gpu"],
    ["device", "CPU"],
    ["device", ["cpu"]],
    ["storageFolder", "models"],
    ["storageFolder", "./models"],
    ["storageFolder", "~root/models"],
    ["storageFolder", "/models\0"],
    ["hub.endpoint", "huggingface.co"],
    ["hub.endpoint", "file:///models"],
    ["cuda.libraryFolder", "cuda/lib64"],
    ["idleMinutes", 0],
    ["idleMinutes", -1],
    ["idleMinutes", "10"],
    ["idleMinutes", Number.NaN],
    ["idleMinutes", Infinity],
    ["idleMinutes", MAX_IDLE_MINUTES + 1],
    ["alt.siteRoots", "public"],
    ["alt.siteRoots", ["public", 7]],
    ["alt.siteRoots", [""]],
    ["alt.components", { 0: "Image" }],
    ["alt.components", Array.from({ length: 101 }, (_, index) => `C${index}`)],
    ["alt.onPaste", "true"],
    ["alt.hover", 1],
    ["alt.remoteImages", "always"],
    ["alt.remoteHosts", "cdn.example"],
    ["alt.remoteHosts", ["https://cdn.example/"]],
    ["alt.remoteHosts", ["cdn.example/pictures"]],
    ["alt.remoteHosts", ["*.example"]],
    ["alt.remoteHosts", ["user@cdn.example"]],
  ];
  for (const [key, value] of bad) {
    it(`refuse ${JSON.stringify(value).slice(0, 40)} for ${key}`, () => {
      assert.equal(readSetting(key, value), undefined);
    });
  }

  it("refuse nothing at all and null", () => {
    for (const key of KEYS) {
      assert.equal(readSetting(key, undefined), undefined, key);
      assert.equal(readSetting(key, null), undefined, key);
    }
  });

  it("say in one line which one is wrong, what is used and what to write", () => {
    for (const key of KEYS) {
      const problem = settingProblem(key, { some: "thing".repeat(1000) });
      assert.ok(problem.includes(`sightline.${key}`), problem);
      assert.ok(problem.includes(JSON.stringify(SETTING_DEFAULTS[key]).slice(0, 200)), problem);
      assert.match(problem, /Write .*\.$/);
      assert.ok(problem.length < 700, problem);
    }
    assert.match(settingProblem("model", undefined), /cannot be undefined/);
  });
});
