import path from "node:path";
import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/** Rooms each room may import. Everything else is a wall. */
const mayImport = {
  "src/base": [],
  "src/roll": [],
  "src/answers": ["base", "disk"],
  "src/protocol": ["base", "model"],
  "src/model": ["base"],
  "src/engine": ["base", "model"],
  "src/convert": ["base", "model"],
  "src/machine": ["base", "roll", "model", "engine"],
  "src/alt": ["base", "model"],
  "src/audit": ["base", "model", "alt"],
  "src/disk": ["base", "alt"],
  "src/remote": ["base", "model", "engine"],
  "src/tools": ["base", "model", "alt", "audit", "disk"],
  "src/library": ["base", "roll", "model", "machine", "engine", "convert"],
  "src/search": ["base", "model", "engine", "convert", "alt", "library"],
  "src/doctor": ["base", "roll", "model", "machine", "engine", "convert", "library"],
  "src/child": [
    "base",
    "protocol",
    "model",
    "machine",
    "engine",
    "convert",
    "alt",
    "audit",
    "library",
    "disk",
    "search",
    "doctor",
    "remote",
    "measure",
    "train",
  ],
  "src/host": ["base", "roll", "answers", "model", "protocol", "alt"],
  "src/editor": [
    "base",
    "roll",
    "answers",
    "model",
    "protocol",
    "alt",
    "audit",
    "disk",
    "tools",
    "host",
  ],
  "src/measure": [
    "base",
    "model",
    "machine",
    "engine",
    "convert",
    "library",
    "disk",
    "search",
    "doctor",
    "train",
  ],
  "src/mcp": ["base", "roll", "model", "protocol", "alt", "host", "tools"],
  "src/cli": [
    "base",
    "roll",
    "answers",
    "model",
    "machine",
    "engine",
    "convert",
    "alt",
    "audit",
    "disk",
    "library",
    "search",
    "doctor",
    "measure",
    "train",
    "tools",
    "mcp",
    "remote",
  ],
  "src/train": ["base", "model", "engine", "convert", "alt"],
  "src/world": ["base", "model", "engine", "train", "search", "measure"],
  "src/packaging": [],
  webview: ["base", "model", "protocol"],
};

/** Packages that live in exactly one place; src/packaging builds the program and is no part of it. */
const homeOf = {
  vscode: "src/editor/**/*.ts",
  "@vscode/webview-ui-toolkit": "webview/render/toolkit.ts",
  "onnxruntime-node": "src/engine/session/ortSession.ts",
  sharp: "src/engine/picture/imageDecode.ts",
  "@huggingface/tokenizers": "src/engine/text/tokenizer.ts",
  undici: "src/library/download/hubRoutes.ts",
  "@qdrant/js-client-rest": "src/search/index/qdrantServer.ts",
  yauzl: "src/library/cuda/cudaUnpack.ts",
  "@modelcontextprotocol/server": "src/mcp/mcpServer.ts",
  valibot: "src/{protocol,tools}/**/*.ts",
  "@valibot/to-json-schema": "src/tools/jsonSchema.ts",
  commander: "src/cli/**/*.ts",
  diff: "src/cli/**/*.ts",
  ignore: "src/alt/resolve/ignoreRules.ts",
  picomatch:
    "src/{cli/documents/pathPatterns,audit/config/pathMatch,search/files/excludedPaths}.ts",
  "jsonc-parser": "src/alt/jsonc.ts",
  "image-size": "src/alt/resolve/shownSize.ts",
  "@babel/parser": "src/alt/formats/script/jsParser.ts",
  "js-yaml": "src/alt/site/readSiteConfig.ts",
  "smol-toml": "src/alt/site/readSiteConfig.ts",
  "@vue/compiler-dom": "src/alt/formats/components/vueImages.ts",
  svelte: "src/alt/formats/components/svelteImages.ts",
  "svelte/compiler": "src/alt/formats/components/svelteImages.ts",
  "mdast-util-from-markdown": "src/alt/formats/markdown/**/*.ts",
  "mdast-util-frontmatter": "src/alt/formats/markdown/**/*.ts",
  "mdast-util-gfm": "src/alt/formats/markdown/**/*.ts",
  "mdast-util-mdx": "src/alt/formats/markdown/**/*.ts",
  "micromark-extension-frontmatter": "src/alt/formats/markdown/**/*.ts",
  "micromark-extension-gfm": "src/alt/formats/markdown/**/*.ts",
  "micromark-extension-mdx-jsx": "src/alt/formats/markdown/**/*.ts",
  "micromark-extension-mdxjs": "src/alt/formats/markdown/**/*.ts",
  parse5: "src/alt/formats/html/htmlImages.ts",
};

/** Says where an import leads before it asks whether it may: `editor/engine` is no engine room. */
const walls = {
  meta: { type: "problem", messages: { wall: "{{room}} may not import {{other}}" }, schema: [] },
  create(context) {
    const roomOf = (file) => {
      const place = path.relative(import.meta.dirname, file).replaceAll(path.sep, "/");
      return Object.keys(mayImport).find((room) => place.startsWith(`${room}/`));
    };
    const room = roomOf(context.filename);
    const look = ({ source }) => {
      if (room === undefined || source?.type !== "Literal") return;
      const specifier = String(source.value);
      if (!specifier.startsWith(".")) return;
      const other = roomOf(path.resolve(path.dirname(context.filename), specifier));
      if (other === room || mayImport[room].includes(other?.replace("src/", ""))) return;
      context.report({ node: source, messageId: "wall", data: { room, other: other ?? "that" } });
    };
    return {
      ImportDeclaration: look,
      ImportExpression: look,
      ExportNamedDeclaration: look,
      ExportAllDeclaration: look,
      TSImportType: look,
    };
  },
};

const homes = [
  {
    files: ["src/**/*.ts", "webview/**/*.ts"],
    ignores: ["src/packaging/**"],
    rules: {
      "no-restricted-imports": ["error", { paths: Object.keys(homeOf) }],
    },
  },
  ...Object.entries(homeOf).map(([, files]) => ({
    files: [files],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: Object.entries(homeOf)
            .filter(([, home]) => home !== files)
            .map(([other]) => other),
        },
      ],
    },
  })),
];

/** Numeric kernels, where `data[i]!` is right: typed arrays are `number | undefined` under the flags. */
const kernels = [
  "src/convert/checkpoint/dtype.ts",
  "src/convert/checkpoint/stridedView.ts",
  "src/convert/torch/pickleMachine.ts",
  "src/convert/weights/quantize.ts",
  "src/convert/weights/storedValues.ts",
  "src/engine/picture/resizeBicubic.ts",
  "src/engine/picture/imagePreprocess.ts",
  "src/engine/decode/logitsProcessors.ts",
  "src/engine/decode/sampling.ts",
  "src/engine/decode/beamSearch.ts",
  "src/measure/mismatch/*.ts",
  "src/search/index/vectorRecord.ts",
  "src/search/mismatch/assignment.ts",
  "src/search/mismatch/mismatches.ts",
  "src/search/scan/*.ts",
  "src/train/optimise/*.ts",
  "src/world/chance.ts",
  "src/world/drawings/sprites.ts",
  "src/world/picture/*.ts",
  "src/world/vocabulary/*.ts",
];

export default tseslint.config(
  {
    ignores: [
      "out/",
      "dist/",
      "node_modules/",
      ".cache/",
      "*.mjs",
      "test/**/*.{mjs,cjs}",
      "action/",
    ],
  },
  eslint.configs.recommended,
  // Rules that ask for types are oxlint's (.oxlintrc.json), which takes a tenth of the time.
  ...tseslint.configs.strict,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-console": "error",
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "max-lines": ["warn", { max: 400, skipComments: true, skipBlankLines: true }],
      "max-lines-per-function": ["warn", { max: 60, skipComments: true, skipBlankLines: true }],
      "max-params": "off",
      "@typescript-eslint/max-params": ["warn", { max: 3 }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "named exports only" },
      ],
    },
  },
  {
    files: ["src/**/*.ts", "webview/**/*.ts"],
    plugins: { house: { rules: { walls } } },
    rules: { "house/walls": "error" },
  },
  ...homes,
  { files: ["src/cli/**"], rules: { "no-console": "off" } },
  {
    // Every operator begins with the builder, the path and the input; its settings are the fourth.
    files: [
      "src/convert/graph/ops.ts",
      "src/convert/graph/linear.ts",
      "src/convert/graph/heads.ts",
      "src/convert/graph/attention.ts",
      "src/convert/graph/splitAttention.ts",
      "src/convert/families/*.ts",
    ],
    rules: { "@typescript-eslint/max-params": ["warn", { max: 4 }] },
  },
  { files: kernels, rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
  {
    // A mocha suite is one long function of short cases, and an assertion on data[i]! fails loudly.
    files: ["test/**"],
    rules: {
      "max-lines-per-function": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
);
