// Dots while the tests run, and at the end which files took longest.
const path = require("node:path");
const { Runner, reporters } = require("mocha");

const N_SLOWEST = 12;

module.exports = class SlowestReporter extends reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    const msOf = new Map();
    const { EVENT_HOOK_END, EVENT_RUN_END, EVENT_TEST_END } = Runner.constants;
    for (const event of [EVENT_HOOK_END, EVENT_TEST_END]) {
      runner.on(event, ({ file, duration = 0 }) => {
        if (file !== undefined) msOf.set(file, (msOf.get(file) ?? 0) + duration);
      });
    }
    runner.once(EVENT_RUN_END, () => {
      const slowest = [...msOf].sort(([, a], [, b]) => b - a).slice(0, N_SLOWEST);
      for (const [file, ms] of slowest) {
        console.log(`${(ms / 1000).toFixed(0).padStart(7)} s  ${path.relative("out/test", file)}`);
      }
    });
  }
};
