import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { BUNDLED_MODELS } from "../../src/model/folder/world";
import { inputSchemaOf } from "../../src/tools/jsonSchema";
import { toolNamed, TOOLS } from "../../src/tools/toolTable";

const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly contributes: {
    readonly languageModelTools: readonly {
      readonly name: string;
      readonly modelDescription: string;
      readonly when?: string;
      readonly inputSchema: unknown;
    }[];
  };
};

describe("the manifest's tools for agents", () => {
  it("are those of the table, in its order, with its words and schemas", () => {
    const declared = contributes.languageModelTools.map((tool) => {
      return [tool.name, tool.modelDescription, tool.inputSchema];
    });
    const known = TOOLS.map(({ name, description }) => {
      return [`sightline_${name}`, description, inputSchemaOf(toolNamed(name)!)];
    });
    assert.deepEqual(declared, known);
  });

  it("that ask a model are offered where one for photographs was chosen, before anything is started", () => {
    for (const { name, when } of contributes.languageModelTools) {
      const demos = BUNDLED_MODELS.map((each) => `config.sightline.model != ${each}`);
      const isWithoutModel = name === "sightline_audit_alt_text";
      assert.equal(when, isWithoutModel ? undefined : demos.join(" && "));
    }
  });
});
