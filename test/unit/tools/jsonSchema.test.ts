import assert from "node:assert/strict";
import { inputSchemaOf, outputSchemaOf } from "../../../src/tools/jsonSchema";
import { toolNamed, TOOLS } from "../../../src/tools/toolTable";

describe("the table of tools", () => {
  it("has names that every client takes, and words with the limits", () => {
    for (const { name, title, description } of TOOLS) {
      assert.match(name, /^[a-z_]{1,40}$/);
      assert.ok(title.length > 0 && title.length < 60);
      assert.match(description, /^Returns /);
      assert.match(description, /Use it /);
      if (name !== "audit_alt_text") {
        assert.match(description, /If you can view the image yourself, do that instead\./);
        assert.match(description, /224×224/);
      }
      assert.ok(description.length < 1024, `${name}: ${description.length}`);
    }
  });

  it("has closed schemas of inputs, in which every field is described", () => {
    for (const { name } of TOOLS) {
      const schema = inputSchemaOf(toolNamed(name)!);
      assert.equal(schema.type, "object");
      assert.equal(schema["additionalProperties"], false);
      const properties = schema["properties"] as Record<string, { description?: string }>;
      for (const [field, { description }] of Object.entries(properties)) {
        assert.ok(description !== undefined && description.length > 10, `${name}.${field}`);
      }
    }
    assert.deepEqual(inputSchemaOf(toolNamed("describe_image")!)["required"], ["images"]);
    assert.deepEqual(inputSchemaOf(toolNamed("ask_image")!)["required"], ["image", "question"]);
  });

  it("has schemas of outputs that allow further fields", () => {
    for (const { name } of TOOLS) {
      const schema = outputSchemaOf(toolNamed(name)!);
      assert.equal(schema.type, "object");
      assert.notEqual(schema["additionalProperties"], false);
    }
  });
});
