// Runs the tests that need WebGPU in a process of their own, on a software Vulkan driver: the driver is
// chosen by the environment, which must be set before the process starts.
//   node test/tools/runWebgpuTests.mjs [files]    after `node esbuild.mjs --tests`
import { spawn } from "node:child_process";
import path from "node:path";
import { prepareSoftwareVulkan, whyNoSoftwareVulkan } from "./softwareVulkan.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const REPORTER = path.join(root, "test", "tools", "slowestReporter.cjs");
const files = process.argv.length > 2 ? process.argv.slice(2) : ["out/test/webgpu/**/*.test.js"];

const problem = whyNoSoftwareVulkan();
if (problem === undefined) {
  const driver = await prepareSoftwareVulkan(path.join(root, ".cache", "software-vulkan"));
  const mocha = path.join(root, "node_modules", "mocha", "bin", "mocha.js");
  const options = ["--no-config", "--timeout", "120000", "--forbid-only", "--forbid-pending"];
  const child = spawn(process.execPath, [mocha, ...options, "--reporter", REPORTER, ...files], {
    cwd: root,
    env: { ...process.env, ...driver },
    stdio: "inherit",
  });
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  console.log(`WebGPU tests not run. ${problem}`);
}
