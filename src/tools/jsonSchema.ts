/** The schemas of tools as JSON Schema, as agents and the manifest have them. */

import { toJsonSchema } from "@valibot/to-json-schema";
import type { AnyTool } from "./toolTable";

/** A JSON Schema of an object. */
export type ObjectSchema = Readonly<Record<string, unknown>> & { readonly type: "object" };

/** What a tool takes. */
export function inputSchemaOf({ input }: AnyTool): ObjectSchema {
  return schemaOf(input, "input");
}

/** What a tool gives. */
export function outputSchemaOf({ output }: AnyTool): ObjectSchema {
  return schemaOf(output, "output");
}

function schemaOf(schema: AnyTool["input"], typeMode: "input" | "output"): ObjectSchema {
  // Our own checks and clean-ups have no words in JSON Schema.
  const written = { ...toJsonSchema(schema, { typeMode, errorMode: "ignore" }) };
  delete written.$schema;
  return written as ObjectSchema;
}
