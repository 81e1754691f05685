import assert from "node:assert/strict";

import { Printer } from "../../../../src/cli/terminal/printer";
import { MemorySink } from "../../../helpers/cliHost";

function printer(options: { isTTY?: boolean; isJson?: boolean; isQuiet?: boolean } = {}) {
  const { isTTY = false, isJson = false, isQuiet = false } = options;
  const stdout = new MemorySink({ isTTY });
  const stderr = new MemorySink({ isTTY });
  return { stdout, stderr, printer: new Printer({ stdout, stderr, isJson, isQuiet }) };
}

describe("Printer", () => {
  it("keeps a model's text from steering a terminal", () => {
    const on = printer({ isTTY: true });
    on.printer.text("\u001b[31mred\n");
    assert.equal(on.stdout.text, "\ufffd[31mred\n");
  });

  it("gives a pipe every character", () => {
    const on = printer();
    on.printer.text("\u001b[31mred\n");
    assert.equal(on.stdout.text, "\u001b[31mred\n");
  });

  it("prints one object per line", () => {
    const on = printer({ isJson: true });
    on.printer.json({ a: "line\nbreak" });
    assert.equal(on.stdout.text, '{"a":"line\\nbreak"}\n');
  });

  it("is silent on stderr with --quiet, except about failures", () => {
    const on = printer({ isQuiet: true });
    on.printer.note("a note");
    on.printer.logger().warn("a warning");
    on.printer.progress("Work").update({ doneBytes: 1, totalBytes: 1 });
    assert.equal(on.stderr.text, "");
    on.printer.failure("sightline: broken\nfor two reasons");
    assert.equal(on.stderr.text, "sightline: broken for two reasons\n");
  });

  it("passes warnings on and drops what is for logs", () => {
    const on = printer();
    const logger = on.printer.logger();
    logger.debug("detail");
    logger.info("detail");
    logger.warn("slow");
    logger.error("bad");
    assert.equal(on.stderr.text, "sightline: slow\nsightline: bad\n");
    assert.equal(on.stdout.text, "");
  });
});
