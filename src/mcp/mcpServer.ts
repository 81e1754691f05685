/**
 * The tools as an MCP server over a pipe, for clients of the revisions up to 2025-11-25 and of 2026-07-28.
 * The one file that knows the protocol's library; it carries answers and decides nothing.
 */

import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import {
  type CallToolResult,
  Server,
  type ServerContext,
  type Tool as ListedTool,
} from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import type { Logger } from "../base/logger";
import type { ToolAnswer, ToolCaller } from "../tools/callTool";
import { inputSchemaOf, outputSchemaOf } from "../tools/jsonSchema";
import { WRITES } from "../tools/limits";
import type { ToolProgress } from "../tools/tool";
import { type AnyTool, TOOLS, toolNamed } from "../tools/toolTable";

export interface McpServerOptions {
  readonly version: string;
  readonly caller: Pick<ToolCaller, "call">;
  readonly logger: Logger;
  /** Told how to ask a client for its folders, of a client that has any. */
  readonly onClientRoots: (ask: () => Promise<readonly string[]>) => void;
}

/** What a client is told of the server as a whole. */
const INSTRUCTIONS = `Sightline looks at picture files on this machine and says in words what they show; nothing leaves the machine. Use its tools when you cannot view images yourself. ${WRITES}`;

/** Nothing is written, and nobody else is asked. */
const ANNOTATIONS = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;

/**
 * Serves until the client is gone.
 * @returns what ends it before.
 */
export function serveMcp(
  pipe: { readonly input: Readable; readonly output: Writable },
  options: McpServerOptions,
): { readonly close: () => Promise<void> } {
  return serveStdio(({ era }) => createMcpServer(options, era), {
    transport: new StdioServerTransport(pipe.input, pipe.output),
    onerror: (error) => {
      options.logger.warn(`A message of the client: ${error.message}`);
    },
  });
}

/** A server for one connection. @param era of the protocol, which the client's first message tells. */
export function createMcpServer(
  { version, caller, logger, onClientRoots }: McpServerOptions,
  era: "legacy" | "modern",
): Server {
  const server = new Server(
    { name: "sightline", title: "Sightline", version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler("tools/list", () => ({ tools: listedTools() }));
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const { signal } = context.mcpReq;
    const onProgress = progressSender(context);
    return resultOf(await caller.call(params.name, params.arguments ?? {}, { signal, onProgress }));
  });
  // The new revision has no requests of a server, and clients of it give folders on the command line.
  if (era === "legacy") {
    server.oninitialized = () => {
      if (server.getClientCapabilities()?.roots === undefined) return;
      onClientRoots(async () => {
        try {
          const { roots } = await server.listRoots({}, { timeout: 5000 });
          return roots.flatMap(({ uri }) => folderOf(uri));
        } catch (thrown) {
          logger.warn(`The client does not say its folders: ${String(thrown)}`);
          return [];
        }
      });
    };
  }
  return server;
}

/** What `tools/list` answers, always in the same order. */
function listedTools(): ListedTool[] {
  return TOOLS.map(({ name, title, description }) => {
    const tool = toolNamed(name) as AnyTool;
    return {
      ...{ name, title, description },
      inputSchema: inputSchemaOf(tool),
      outputSchema: outputSchemaOf(tool),
      annotations: { title, ...ANNOTATIONS },
    };
  });
}

/** Clients of old read the text, others the structure; both say the same. */
function resultOf(answer: ToolAnswer): CallToolResult {
  if (answer.isError) return { isError: true, content: [{ type: "text", text: answer.text }] };
  return {
    content: [{ type: "text", text: JSON.stringify(answer.answer) }],
    structuredContent: { ...answer.answer },
  };
}

/** Sends progress where the client asked for it; the protocol wants it to rise. */
function progressSender({ mcpReq }: ServerContext): (progress: ToolProgress) => void {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return () => undefined;
  let last = -1;
  return ({ done, total, message }) => {
    const progress = Math.max(done, last + 0.001);
    last = progress;
    const params = { progressToken, progress, total: Math.max(total, progress), message };
    // A client that went away is noticed elsewhere.
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => undefined);
  };
}

function folderOf(uri: string): readonly string[] {
  try {
    return [fileURLToPath(uri)];
  } catch {
    return [];
  }
}
