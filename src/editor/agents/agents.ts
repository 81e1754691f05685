/** The tools for agents, for the start of the editor; what they do is loaded with the first call. */

import * as vscode from "vscode";
import { lazy, lazyFeature } from "../shell/lazyFeature";
import { AGENT_COMMANDS } from "../shell/commandIds";
import type { Feature, Services } from "../shell/services";

/** Registers what the manifest declares. */
export function createAgents(services: Services): Feature {
  const { context, settings } = services;
  const parts = lazy(() => import("../shell/lazyParts"));
  const tools = lazy(async () => (await parts()).createAgentTools(services));
  const share = lazyFeature(AGENT_COMMANDS, async () => (await parts()).createSharing(services));
  const { contributes } = context.extension.packageJSON as {
    contributes: { languageModelTools: { name: string }[] };
  };
  const registered = contributes.languageModelTools.map(({ name }) =>
    vscode.lm.registerTool<object>(name, {
      prepareInvocation: async (options) => (await tools()).prepare(name, options.input),
      invoke: async ({ input }, token) => (await tools()).invoke(name, input, token),
    }),
  );
  const provider = vscode.lm.registerMcpServerDefinitionProvider("sightline", {
    onDidChangeMcpServerDefinitions: settings.onDidChange,
    provideMcpServerDefinitions: async () => (await parts()).serversOf(services),
  });
  return {
    commands: share.commands,
    dispose: () => {
      for (const each of [...registered, provider, share]) each.dispose();
    },
  };
}
