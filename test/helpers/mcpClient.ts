/** The built `sightline mcp` as a real process, with a client of the protocol's own library. */

import { readFileSync } from "node:fs";
import path from "node:path";
import { Client, type ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const CLI = path.resolve("dist", "cli.js");

/** How a client of the revisions up to 2025-11-25, and one of 2026-07-28, begins. */
export const ERAS = {
  legacy: {},
  modern: { versionNegotiation: { mode: "auto" } },
} as const satisfies Readonly<Record<string, ClientOptions>>;

export interface ConnectedClient {
  readonly client: Client;
  readonly transport: StdioClientTransport;
  /** What the server wrote to standard error. */
  readonly stderr: () => string;
}

/** @param home the store of models; no process of a test sees the user's. */
export async function connectMcp(
  args: readonly string[],
  {
    home,
    options = {},
    prepare,
  }: {
    readonly home: string;
    readonly options?: ClientOptions;
    readonly prepare?: (client: Client) => void;
  },
): Promise<ConnectedClient> {
  const client = new Client({ name: "test", version: "1.0.0" }, options);
  prepare?.(client);
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [CLI, "mcp", ...args],
    env: { ...(process.env as Record<string, string>), SIGHTLINE_HOME: home },
    stderr: "pipe",
  });
  let stderr = "";
  transport.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  await client.connect(transport);
  return { client, transport, stderr: () => stderr };
}

/** Ids of the processes that a process has started and that are there. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Bytes that a process has in memory. */
export function memoryOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
