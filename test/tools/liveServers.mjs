// Asks real servers: `transformers serve`, and Ray Serve with one replica, with two, and with one of two killed.
//   node test/tools/liveServers.mjs PYTHON [transformers|ray]    a Python that has what rayServe.py names
// Where a part is named, Ray is only timed. PICTURES, RUNS and FIXED (numbers in flight) change what is timed.
// The kit opt is compared text by text (`sightline verify --remote`), and 200 pictures are asked about: with the
// window that finds out how much the server takes, and with fixed numbers in flight. Not part of `npm test`.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import sharp from "sharp";

const root = path.resolve(import.meta.dirname, "../..");
process.chdir(root);
const [python, ...parts] = process.argv.slice(2);
if (python === undefined) throw new Error("Name a Python: node test/tools/liveServers.mjs PYTHON");
const KIT = path.resolve("test/fixtures/kits/opt");
const CHECKPOINT = path.join(KIT, "checkpoint");
/** Those of a made-up checkpoint are not the published ones. */
const TOKENS = tokensOf(path.join(CHECKPOINT, "generation_config.json"));
const N_PICTURES = Number(process.env.PICTURES ?? 200);
const FIXED = (process.env.FIXED ?? "1,2,3,4,6").split(",").map(Number);
const N_RUNS = Number(process.env.RUNS ?? 3);
/** A cluster starts in some twenty seconds, on a busy machine in minutes. */
const START_LIMIT_MS = 900_000;

const work = mkdtempSync(path.join(tmpdir(), "sightline-live-"));
const { RemoteEngine, inOrder, readEndpoints, realClock } = await bundled();
const pictures = await makePictures();
try {
  const wants = (part) => parts.length === 0 || parts.includes(part);
  if (wants("transformers")) await overTransformers();
  if (wants("ray")) await overRay(1);
  if (wants("ray")) await overRay(2);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function tokensOf(file) {
  const { bos_token_id, eos_token_id, pad_token_id } = JSON.parse(readFileSync(file, "utf8"));
  return { bos_token_id, eos_token_id, pad_token_id };
}

/** The program's own client, from its sources. */
async function bundled() {
  const outfile = path.join(work, "client.cjs");
  const contents = [
    'export { RemoteEngine } from "./src/remote/remoteEngine";',
    'export { realClock } from "./src/remote/realClock";',
    'export { inOrder } from "./src/base/inOrder";',
    'export { readEndpoints } from "./src/model/ask/remoteEndpoint";',
  ].join("\n");
  await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    ...{ outfile, bundle: true, platform: "node", format: "cjs", logLevel: "error" },
    // It finds its native library relative to itself.
    alias: { sharp: path.resolve("node_modules/sharp") },
    external: [path.resolve("node_modules/sharp")],
  });
  return (await import(outfile)).default;
}

async function makePictures() {
  return await Promise.all(
    Array.from({ length: N_PICTURES }, (_, i) => {
      const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 53) % 256 };
      const box = { width: 20, height: 20, channels: 3, background: "#fff" };
      return sharp({ create: { width: 56, height: 56, channels: 3, background } })
        .composite([{ input: { create: box }, left: i % 36, top: (i * 7) % 36 }])
        .png()
        .toBuffer();
    }),
  );
}

async function overTransformers() {
  const port = await freePort();
  const program = path.join(path.dirname(python), "transformers");
  const args = ["serve", "--host", "127.0.0.1", "--port", String(port), "--device", "cpu"];
  const server = start(python, [program, ...args, "--dtype", "float32", CHECKPOINT]);
  try {
    await untilHealthy(port, server);
    verify("transformers serve", port);
  } finally {
    await stop(server);
  }
}

async function overRay(nReplicas) {
  const port = await freePort();
  const script = path.resolve("test/tools/rayServe.py");
  const server = start(python, [script, String(port), CHECKPOINT, String(nReplicas)]);
  const name = `Ray Serve, ${nReplicas} ${nReplicas === 1 ? "replica" : "replicas"}`;
  try {
    await said(server, "ready");
    if (parts.length === 0) verify(name, port);
    // Each replica loads its model with its first question.
    await throughput(port, () => 4, pictures.slice(0, 8));
    const rates = new Map([["window", []], ...FIXED.map((n) => [n, []])]);
    for (let run = 0; run < N_RUNS; run++) {
      for (const [kind, all] of rates) {
        const figures = await (kind === "window" ? throughput(port) : throughput(port, () => kind));
        console.error(`  ${name}: ${kind}: ${figures.perSecond.toFixed(1)} a second`);
        all.push(figures);
      }
    }
    for (const [kind, all] of rates) {
      const { perSecond, lost, limit } = all.sort((a, b) => a.perSecond - b.perSecond)[N_RUNS >> 1];
      const end = kind === "window" ? `, at the end ${limit} in flight` : "";
      console.log(`${name}: ${kind}: ${perSecond.toFixed(1)} a second, ${lost} lost${end}`);
    }
    const medianOf = (kind) => rates.get(kind)[N_RUNS >> 1].perSecond;
    const best = Math.max(...FIXED.map(medianOf));
    console.log(`${name}: the window has ${(medianOf("window") / best).toFixed(2)} of the best`);
    if (nReplicas > 1) await killOne(server, port);
  } finally {
    server.stdin.end();
    await stop(server);
  }
}

async function killOne(server, port) {
  const asking = throughput(port);
  server.stdin.write("kill\n");
  await said(server, "killed");
  const { lost, perSecond } = await asking;
  console.log(
    `One of two replicas killed: ${lost} of ${N_PICTURES} lost, ${perSecond.toFixed(1)} a second`,
  );
}

/** @param fixed how many are in flight. @default the window finds out */
async function throughput(port, fixed, asked = pictures) {
  const given = { name: "live", url: `http://127.0.0.1:${port}`, dialect: "transformers" };
  const rest = {
    model: CHECKPOINT,
    family: "opt",
    imageSize: 56,
    tokens: TOKENS,
    maxParallel: fixed?.() ?? 16,
  };
  const [endpoint] = readEndpoints([{ ...given, ...rest }], "live");
  const silent = { info() {}, warn() {}, error() {}, debug() {} };
  const engine = new RemoteEngine({ endpoint, clock: realClock, logger: silent });
  const atOnce = fixed ?? (() => engine.atOnce);
  const ask = async (image) =>
    await engine
      .generate({ image, prompt: { kind: "caption" }, options: { maxNewTokens: 12 } })
      .catch(() => undefined);
  const beganMs = performance.now();
  let lost = 0;
  for await (const answer of inOrder(asked, ask, atOnce)) {
    if (answer === undefined) lost++;
  }
  const seconds = (performance.now() - beganMs) / 1000;
  return { perSecond: asked.length / seconds, lost, limit: engine.atOnce };
}

function verify(name, port) {
  const home = mkdtempSync(path.join(work, "home-"));
  const given = { name: "live", url: `http://127.0.0.1:${port}`, dialect: "transformers" };
  const endpoint = { ...given, model: CHECKPOINT, family: "opt", imageSize: 56, tokens: TOKENS };
  writeFileSync(path.join(home, "remote.json"), JSON.stringify([endpoint]));
  const env = { ...process.env, SIGHTLINE_HOME: home };
  const args = ["dist/cli.js", "verify", KIT, "--remote", "live"];
  const text = execFileSync(process.execPath, args, { env, encoding: "utf8" });
  console.log(`${name}: ${text.trim().split("\n").at(-1)}`);
}

function start(program, args) {
  const env = { ...process.env, HF_HUB_OFFLINE: "1" };
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env });
  child.said = "";
  child.stdout.on("data", (text) => (child.said += text));
  child.stderr.on("data", (text) => (child.log = ((child.log ?? "") + text).slice(-4000)));
  return child;
}

async function said(child, word) {
  await until(() => child.said.includes(word), child);
}

async function untilHealthy(port, child) {
  await until(
    () =>
      fetch(`http://127.0.0.1:${port}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    child,
  );
}

async function until(isSo, child) {
  const endMs = performance.now() + START_LIMIT_MS;
  while (!(await isSo())) {
    if (child.exitCode !== null || performance.now() > endMs) {
      throw new Error(`The server did not start.\n${child.log ?? ""}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function stop(child) {
  if (child.exitCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
