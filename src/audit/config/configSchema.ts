/** The JSON schema of `.sightline.jsonc`, with which editors complete and explain it. A test compares it with the reader. */

import { RULES } from "../ruleTable";
import { LEVELS } from "../rule";

/** As far as this schema needs it. */
export interface JsonSchema {
  readonly [key: string]: unknown;
}

const LEVEL_WORDS: Readonly<Record<(typeof LEVELS)[number] | "off", string>> = {
  error: "Told as an error; the command line fails.",
  warn: "Told as a warning; the command line fails unless --fail-on says otherwise.",
  info: "Told, and the command line does not fail.",
  hint: "A dotted mark in an editor, and in no list of problems.",
  off: "Not looked for.",
};

const texts = (description: string): JsonSchema => ({
  ...{ type: "array", items: { type: "string" }, uniqueItems: true, description },
});

const rules = (description: string): JsonSchema => ({
  type: "object",
  description,
  additionalProperties: false,
  properties: Object.fromEntries(
    RULES.map(({ id, title, help, level }) => [
      id,
      {
        description: `${title}. ${help}`,
        enum: [...LEVELS, "off"],
        enumDescriptions: [...LEVELS, "off" as const].map((word) => LEVEL_WORDS[word]),
        default: level,
      },
    ]),
  ),
});

const FILES =
  "Patterns of paths from this file's folder; one without a slash means a name in every folder.";

/** Each key that `readConfig` reads. */
const PROPERTIES: Readonly<Record<string, JsonSchema>> = {
  $schema: { type: "string", description: "Where this schema is, for other editors." },
  root: { type: "boolean", description: "No configuration in a folder above counts." },
  extends: {
    description: "Configurations that this one builds on, relative to it.",
    oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }],
  },
  rules: rules("How each rule is told. A rule that is not named has its own level."),
  include: texts(`Only these documents are checked. ${FILES}`),
  ignore: texts(`These documents are not checked. ${FILES}`),
  overrides: {
    type: "array",
    description: "Other levels for some documents; a later one counts before an earlier.",
    items: {
      type: "object",
      additionalProperties: false,
      required: ["files", "rules"],
      properties: { files: texts(FILES), rules: rules("How rules are told there.") },
    },
  },
  components: texts("Components and elements that show a picture, as img does."),
  siteRoots: texts("Folders in which paths that begin with a slash are looked up."),
  words: {
    type: "object",
    description: "Texts that this project judges in its own way.",
    additionalProperties: false,
    properties: {
      placeholders: texts("Further texts that say nothing of a picture."),
      allowed: texts("Texts that are right although a rule doubts them, such as npm."),
    },
  },
  maxLength: {
    ...{ type: "integer", minimum: 1, default: 250 },
    description: "Characters beyond which a text is called long.",
  },
  title: {
    enum: ["accept", "report"],
    enumDescriptions: ["A title counts as a picture's text.", "A title alone is told."],
    default: "accept",
    description: "Whether a title in HTML is enough.",
  },
  honorOtherTools: {
    ...{ type: "boolean", default: true },
    description: "Whether comments for markdownlint, ESLint, Biome, Svelte and others count, too.",
  },
  baseline: {
    ...{ type: "string", default: ".sightline-baseline.json" },
    description: "The file with findings that are known already, relative to this one.",
  },
};

export function configSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "What a project wants of Sightline's checks of alternative texts",
    type: "object",
    additionalProperties: false,
    allowComments: true,
    allowTrailingCommas: true,
    properties: PROPERTIES,
  };
}
