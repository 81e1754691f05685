import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { CONFIG_KEYS, CONFIG_NAME, readConfig } from "../../../../src/audit/config/auditConfig";
import { configSchema, type JsonSchema } from "../../../../src/audit/config/configSchema";
import { DEFAULT_OPTIONS } from "../../../../src/audit/config/defaultOptions";
import { DEFAULT_BASELINE } from "../../../../src/audit/config/configChain";
import { LEVELS, RULE_IDS } from "../../../../src/audit/rule";

const FILE = "media/sightline.schema.json";

const properties = configSchema()["properties"] as Readonly<Record<string, JsonSchema>>;

/** Values that a schema lets through, and such as it does not. */
function samplesOf(schema: JsonSchema): { readonly good: unknown[]; readonly bad: unknown[] } {
  if (Array.isArray(schema["oneOf"])) return { good: ["a", ["a"]], bad: [1, [1], {}] };
  if (Array.isArray(schema["enum"])) return { good: schema["enum"], bad: ["never", 1] };
  switch (schema["type"]) {
    case "string":
      return { good: ["a"], bad: [1, []] };
    case "boolean":
      return { good: [true, false], bad: ["true"] };
    case "integer":
      return { good: [1, 300], bad: [0, 1.5, "1"] };
    case "array": {
      const { good, bad } = samplesOf(schema["items"] as JsonSchema);
      return { good: [[], ...good.map((one) => [one])], bad: ["a", ...bad.map((one) => [one])] };
    }
    default:
      return samplesOfObject(schema);
  }
}

function samplesOfObject(schema: JsonSchema): {
  readonly good: unknown[];
  readonly bad: unknown[];
} {
  const parts = Object.entries(schema["properties"] as Readonly<Record<string, JsonSchema>>);
  const samples = parts.map(([key, part]) => [key, samplesOf(part)] as const);
  const whole = Object.fromEntries(samples.map(([key, { good }]) => [key, good.at(-1)]));
  const goods = samples.flatMap(([key, { good }]) => good.map((one) => ({ ...whole, [key]: one })));
  const bads = samples.flatMap(([key, { bad }]) => bad.map((one) => ({ ...whole, [key]: one })));
  const required = (schema["required"] as readonly string[] | undefined) ?? [];
  const without = required.map((key) => ({ ...whole, [key]: undefined }));
  return { good: goods, bad: ["a", { ...whole, never: 1 }, ...bads, ...without] };
}

describe("the schema of the configuration", () => {
  it("is in the package as the code has it", () => {
    const expected = `${JSON.stringify(configSchema(), null, 2)}\n`;
    const file = JSON.parse(readFileSync(FILE, "utf8")) as unknown;
    assert.deepEqual(file, JSON.parse(expected), `Write this to ${FILE}:\n${expected}`);
  });

  it("is for files of the name that is looked for", () => {
    const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
      contributes: { jsonValidation: { fileMatch: string; url: string }[] };
    };
    assert.deepEqual(contributes.jsonValidation, [{ fileMatch: CONFIG_NAME, url: `./${FILE}` }]);
  });

  it("has the keys that are read, no more and no fewer", () => {
    assert.deepEqual(Object.keys(properties).sort(), [...CONFIG_KEYS].sort());
  });

  it("lets through what is read, and refuses what is refused", () => {
    for (const [key, schema] of Object.entries(properties)) {
      const { good, bad } = samplesOf(schema);
      for (const value of good) readConfig(JSON.stringify({ [key]: value }), "x");
      for (const value of bad) {
        const text = JSON.stringify({ [key]: value });
        assert.throws(() => readConfig(text, "x"), { code: "option.invalid" }, text);
      }
    }
  });

  it("explains each rule, each level and each key, and has the defaults of the code", () => {
    const { rules, maxLength, title, baseline } = properties;
    const known = rules?.["properties"] as Readonly<Record<string, JsonSchema>>;
    assert.deepEqual(Object.keys(known), [...RULE_IDS]);
    for (const rule of Object.values(known)) {
      assert.deepEqual(rule["enum"], [...LEVELS, "off"]);
      assert.equal((rule["enumDescriptions"] as unknown[]).length, LEVELS.length + 1);
    }
    for (const [key, { description }] of Object.entries(properties)) {
      assert.match(String(description), /\.$/, key);
    }
    assert.equal(maxLength?.["default"], DEFAULT_OPTIONS.maxLength);
    assert.equal(title?.["default"], DEFAULT_OPTIONS.title);
    assert.equal(baseline?.["default"], DEFAULT_BASELINE);
  });
});
