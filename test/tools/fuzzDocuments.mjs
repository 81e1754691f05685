// Damages 20,000 documents in each language that has a finder, or as many as are asked for, from a seed.
// usage: node test/tools/fuzzDocuments.mjs [CASES] [SEED]

import { spawnSync } from "node:child_process";

const [cases = "20000", seed = "1"] = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  ["test/tools/runTests.mjs", "test/fuzz/altDocuments.test.ts"],
  {
    stdio: "inherit",
    env: { ...process.env, SIGHTLINE_FUZZ_CASES: cases, SIGHTLINE_FUZZ_SEED: seed },
  },
);
process.exitCode = status ?? 1;
