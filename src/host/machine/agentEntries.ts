/** What other programs want written to start the server of tools: one entry for each, ready to be pasted. */

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface AgentEntry {
  /** The program's own name. */
  readonly program: string;
  /** The file that it belongs into. */
  readonly place: string;
  readonly text: string;
}

/** Of the programs whose files are known. */
export function agentEntries(server: ServerCommand): readonly AgentEntry[] {
  const stdio = { command: server.command, args: server.args, env: server.env };
  const servers = (more: object = {}): string => {
    return json({ mcpServers: { sightline: { ...stdio, ...more } } });
  };
  return [
    {
      program: "VS Code",
      place: ".vscode/mcp.json",
      text: json({ servers: { sightline: { type: "stdio", ...stdio } } }),
    },
    { program: "Claude Code", place: ".mcp.json", text: servers({ type: "stdio" }) },
    { program: "Cursor", place: ".cursor/mcp.json", text: servers() },
    { program: "Continue", place: ".continue/mcpServers/sightline.json", text: servers() },
    { program: "Codex", place: "~/.codex/config.toml", text: codexEntry(server) },
  ];
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** TOML; a text of JSON is one of TOML too. */
function codexEntry({ command, args, env }: ServerCommand): string {
  const variables = Object.entries(env).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return [
    "[mcp_servers.sightline]",
    `command = ${JSON.stringify(command)}`,
    `args = [${args.map((each) => JSON.stringify(each)).join(", ")}]`,
    `env = { ${variables.join(", ")} }`,
    "startup_timeout_sec = 20",
    "tool_timeout_sec = 120",
    "",
  ].join("\n");
}
