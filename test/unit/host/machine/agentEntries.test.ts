import assert from "node:assert/strict";
import { parse } from "smol-toml";
import { agentEntries } from "../../../../src/host/machine/agentEntries";

describe("the entries of other programs", () => {
  const server = {
    command: "C:\\Program Files\\Code.exe",
    args: ["C:\\a b\\cli.js", "mcp", "--root", 'C:\\"quoted"'],
    env: { ELECTRON_RUN_AS_NODE: "1" },
  };

  it("say the same server in each program's own form", () => {
    for (const { program, place, text } of agentEntries(server)) {
      const read = (place.endsWith(".toml") ? parse(text) : JSON.parse(text)) as Record<
        string,
        { sightline: typeof server }
      >;
      const [entry] = Object.values(read);
      const { command, args, env } = entry!.sightline;
      assert.deepEqual({ command, args, env: { ...env } }, server, program);
    }
  });

  it("are for different programs and files", () => {
    const entries = agentEntries(server);
    assert.ok(entries.length >= 5);
    assert.equal(new Set(entries.map(({ place }) => place)).size, entries.length);
  });
});
