// Bundles each runtime of the project; types are tsc's job.
//   node esbuild.mjs [--watch] [--production] [--if-stale] [--tests [FILE…]]
// Tests that are named get the programs too, but only when one of them looks at what is built.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

const flag = (name) => process.argv.includes(`--${name}`);
const production = flag("production");
// What is packed is built apart, so that packing leaves the programs in dist as they are.
const outdir = production ? "out/production/dist" : "dist";

/** Every file below a folder, depth first. */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
}

/** The pages of the editor's webviews: each folder of `webview` that has a start. */
function pages() {
  return readdirSync("webview").filter((name) => existsSync(`webview/${name}/main.ts`));
}

/** True when no source is newer than what was built; keeps `npm run ask` quick. */
function isFresh() {
  const programs = ["altCheck", "cli", "child", "convertWorker", "extension", "mcp"];
  const built = [...programs, ...pages().map((name) => `webview/${name}`)].map(
    (name) => `dist/${name}.js`,
  );
  if (!built.every((file) => existsSync(file))) return false;
  const builtMs = Math.min(...built.map((file) => statSync(file).mtimeMs));
  return ["esbuild.mjs", "package.json", ...filesBelow("src"), ...filesBelow("webview")].every(
    (file) => statSync(file).mtimeMs <= builtMs,
  );
}

if (flag("if-stale") && isFresh()) process.exit(0);

const { build, context, transform } = await import("esbuild");
const quiet = flag("if-stale") ? "warning" : "info";
const node = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  sourcemap: production ? false : "linked",
  sourcesContent: false,
  minify: production,
  logLevel: quiet,
  legalComments: "none",
  metafile: production,
  // Native packages stay outside; the editor gives `vscode` at run time.
  external: ["vscode", "onnxruntime-node", "sharp"],
};
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const programs = {
  ...node,
  define: { SIGHTLINE_VERSION: JSON.stringify(version) },
  outdir,
  entryPoints: {
    altCheck: "src/cli/check/main.ts",
    child: "src/child/main.ts",
    cli: "src/cli/main.ts",
    convertWorker: "src/convert/workers/convertWorker.ts",
    mcp: "src/mcp/mcpProgram.ts",
  },
};
// What several entries need lies in files that they share, and what waits for an `import()` in files of its
// own. esbuild splits ES modules only, and the editor and mocha load CommonJS: hence two steps.
const split = {
  ...node,
  format: "esm",
  splitting: true,
  write: false,
  sourcemap: production ? false : "inline",
  plugins: [
    {
      name: "commonjs",
      setup: ({ initialOptions, onEnd }) => {
        onEnd((result) => writeCommonJs(result, initialOptions));
      },
    },
  ],
};

async function writeCommonJs({ outputFiles = [], errors }, options) {
  if (errors.length > 0) return;
  const { platform, target, minify, legalComments, sourcemap } = split;
  const settings = { platform, target, minify, legalComments, sourcemap };
  const chunks = path.join(options.outdir, path.dirname(options.chunkNames));
  rmSync(chunks, { recursive: true, force: true });
  const write = async (file) => {
    const { code } = await transform(file.text, {
      ...settings,
      format: "cjs",
      supported: { "dynamic-import": false },
    });
    mkdirSync(path.dirname(file.path), { recursive: true });
    writeFileSync(file.path, code);
  };
  await Promise.all(outputFiles.map(write));
}

// The editor reads the whole of what it starts, so parsers wait until they are wanted.
const extension = {
  ...split,
  outdir,
  entryPoints: {
    extension: "src/editor/extension.ts",
    "extension/audit": "src/child/auditProgram.ts",
    "extension/find": "src/audit/findThread.ts",
  },
  chunkNames: "extension/[hash]",
};

const page = {
  ...node,
  platform: "browser",
  format: "iife",
  target: "es2022",
  external: [],
  outdir: path.join(outdir, "webview"),
  entryPoints: Object.fromEntries(pages().map((name) => [name, `webview/${name}/main.ts`])),
};
const named = process.argv
  .slice(2)
  .filter((word) => !word.startsWith("--"))
  .map(path.normalize);

/** The tests that are named, or all; what tests start as a process (…Child.ts) comes with them. */
function testFiles() {
  // Those that run in an editor, or drive one, are bundled by what runs them.
  const isOurs = (file) => !/^test.(?:e2e|extension)\b/.test(file);
  const isWanted = (file) => (named.length === 0 ? isOurs(file) : named.includes(file));
  return filesBelow("test").filter(
    (file) => file.endsWith("Child.ts") || (file.endsWith(".test.ts") && isWanted(file)),
  );
}
const tests = (entryPoints) => ({
  ...split,
  metafile: true,
  outdir: "out/test",
  outbase: "test",
  chunkNames: "shared/[hash]",
  logLevel: "warning",
  external: ["onnxruntime-node", "sharp", "mocha"],
  alias: { vscode: "./test/helpers/editor/vscode.ts" },
  entryPoints,
});

/** True when a test that was bundled, or what helps it, names the folder of the programs. */
const lookAtPrograms = ({ inputs }) =>
  Object.keys(inputs).some(
    (file) => file.startsWith("test/") && /\bdist\b/.test(readFileSync(file, "utf8")),
  );

const targets = [programs, extension, page];
if (flag("tests")) {
  rmSync("out/test", { recursive: true, force: true });
  const { metafile } = await build(tests(testFiles()));
  if (named.length > 0 && !lookAtPrograms(metafile)) targets.length = 0;
}
const metafiles = [];
for (const target of targets) {
  if (flag("watch")) await (await context(target)).watch();
  else metafiles.push((await build(target)).metafile);
}
// Tells the packing which packages are in the programs, for their licences.
if (production) writeFileSync("out/production/metafiles.json", JSON.stringify(metafiles));
