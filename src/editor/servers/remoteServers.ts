/** Servers that answer in the place of this machine: which there are, whether the user agreed, and their tokens. */

import * as vscode from "vscode";
import { AppError } from "../../base/errors";
import { remedy } from "../../host/notices/noticeTable";
import type { GraphTarget, RemoteTarget } from "../../model/ask/models";
import { type AnyEndpoint, readAllEndpoints } from "../../model/ask/remoteEndpoint";
import { remoteName } from "../../model/ask/remoteName";
import type { Services } from "../shell/services";

/** The origins that this workspace's pictures may be sent to. */
const CONSENT_KEY = "sightline.remoteOrigins";
export const SERVERS_SETTING = "sightline.remote.endpoints";

export type ServersGiven = {
  readonly context: Pick<vscode.ExtensionContext, "workspaceState" | "secrets">;
  readonly settings: Pick<Services["settings"], "remoteEndpoints">;
};

/** @throws AppError `option.invalid`, naming the field. */
export function serversOf({ settings }: Pick<ServersGiven, "settings">): readonly AnyEndpoint[] {
  return readAllEndpoints(settings.remoteEndpoints, SERVERS_SETTING);
}

/** What an entry of the setting calls its server, however wrong the rest of it is. */
export function entryName(entry: unknown): string | undefined {
  const { name } = (entry ?? {}) as { readonly name?: unknown };
  return typeof name === "string" ? name : undefined;
}

/** A question to the user at a time; whoever else asks waits for its answer. */
const asking = new Map<string, Promise<boolean>>();

/**
 * The server that a choice means, with its token, once the user agreed to send it this workspace's pictures.
 * @throws AppError as `RemoteWay.permit`.
 */
export async function permitServer(given: ServersGiven, model: string): Promise<RemoteTarget> {
  const endpoint = serverNamed(given, model);
  if (endpoint.dialect !== "kserve") return await permitted(given, endpoint);
  const text = vscode.l10n.t(
    "The server {0} finds pictures and writes no texts. Choose another model for answers.",
    endpoint.name,
  );
  throw new AppError("model.unsupported", text);
}

/**
 * The same for a server that runs the graphs of the model that finds pictures; undefined where that is one of this
 * machine. @throws AppError as `permitServer`.
 */
export async function permitGraphs(
  given: ServersGiven & { readonly settings: Pick<Services["settings"], "searchModel"> },
): Promise<GraphTarget | undefined> {
  const { searchModel } = given.settings;
  if (searchModel === undefined || remoteName(searchModel) === undefined) return undefined;
  const endpoint = serverNamed(given, searchModel);
  if (endpoint.dialect === "kserve") return await permitted(given, endpoint);
  const text = vscode.l10n.t(
    "The server {0} answers and finds no pictures. Choose another model in sightline.search.model.",
    endpoint.name,
  );
  throw new AppError("model.unsupported", text);
}

function serverNamed(given: ServersGiven, model: string): AnyEndpoint {
  const name = remoteName(model);
  const endpoint = serversOf(given).find((each) => each.name === name);
  if (endpoint !== undefined) return endpoint;
  const text = vscode.l10n.t(
    "The settings have no server {0}. Choose another model, or add it to {1}.",
    name ?? model,
    SERVERS_SETTING,
  );
  throw new AppError("model.missing", text);
}

async function permitted<E extends AnyEndpoint>(
  given: ServersGiven,
  endpoint: E,
): Promise<{ readonly endpoint: E; readonly token?: string }> {
  const { host, origin } = new URL(endpoint.url);
  if (!vscode.workspace.isTrusted) {
    const text = vscode.l10n.t(
      "Pictures of a workspace that is not trusted are not sent to {0}.",
      host,
    );
    throw new AppError("remote.denied", text, { detail: remedy("trust") });
  }
  if (!isAgreed(given, endpoint)) {
    const answer = asking.get(origin) ?? agreeToSend(given, endpoint);
    asking.set(origin, answer);
    const isFine = await answer.finally(() => asking.delete(origin));
    if (!isFine) throw new AppError("request.cancelled", "The user would rather send nothing.");
  }
  const token = await given.context.secrets.get(tokenKey(endpoint));
  return { endpoint, ...(token === undefined ? {} : { token }) };
}

/** Whether this workspace's pictures may be sent there. */
export function isAgreed(
  { context }: Pick<ServersGiven, "context">,
  endpoint: AnyEndpoint,
): boolean {
  return agreedOrigins(context).includes(consentOf(endpoint));
}

/** What runs graphs is sent every picture that is looked at, which is another thing to agree to. */
function consentOf({ dialect, url }: AnyEndpoint): string {
  const { origin } = new URL(url);
  return dialect === "kserve" ? `${origin} graphs` : origin;
}

/** From now on the user is asked again. */
export async function revoke(
  { context }: Pick<ServersGiven, "context">,
  endpoint: AnyEndpoint,
): Promise<void> {
  const consent = consentOf(endpoint);
  const rest = agreedOrigins(context).filter((each) => each !== consent);
  await context.workspaceState.update(CONSENT_KEY, rest);
}

/** Says what is sent, and keeps that the user agrees. @returns false where the user does not. */
export async function agreeToSend(
  { context }: Pick<ServersGiven, "context">,
  endpoint: AnyEndpoint,
): Promise<boolean> {
  const { host } = new URL(endpoint.url);
  const send = vscode.l10n.t("Send Pictures");
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t("Send pictures of this workspace to {0}?", host),
    { modal: true, detail: whatIsSent(endpoint) },
    send,
  );
  if (chosen !== send) return false;
  const others = agreedOrigins(context).filter((each) => each !== consentOf(endpoint));
  await context.workspaceState.update(CONSENT_KEY, [...others, consentOf(endpoint)]);
  return true;
}

function whatIsSent(endpoint: AnyEndpoint): string {
  const { origin } = new URL(endpoint.url);
  return endpoint.dialect === "kserve"
    ? vscode.l10n.t(
        "Each picture of this workspace that is searched is sent to {0} as the numbers that the model {1} takes of it, with the texts that it is compared with: no name, no place where it was taken, no other file. This holds for this workspace until you take it back in Manage Models.",
        origin,
        endpoint.model,
      )
    : vscode.l10n.t(
        "Each picture that you ask about is sent to {0} in {1} × {1} pixels, with your question: no name, no place where it was taken, no other file. This holds for this workspace until you take it back in Manage Models.",
        origin,
        endpoint.imageSize,
      );
}

function agreedOrigins({ workspaceState }: ServersGiven["context"]): readonly string[] {
  const known = workspaceState.get<unknown>(CONSENT_KEY);
  return Array.isArray(known) ? known.filter((each) => typeof each === "string") : [];
}

/**
 * Asks for the token of a server; an empty one forgets it.
 * @param server of several the user chooses.
 * @throws AppError `option.invalid`, `model.missing` where there is no server.
 */
export async function setServerToken(given: ServersGiven, server?: AnyEndpoint): Promise<void> {
  const endpoint = server ?? (await pickServer(serversOf(given)));
  if (endpoint === undefined) return;
  const { origin } = new URL(endpoint.url);
  const token = await vscode.window.showInputBox({
    title: vscode.l10n.t("Token for {0}", endpoint.name),
    prompt: vscode.l10n.t(
      "It is kept in the system's secret storage and sent only to {0}. Leave it empty to forget it.",
      origin,
    ),
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined) return;
  const { secrets } = given.context;
  if (token.trim() === "") await secrets.delete(tokenKey(endpoint));
  else await secrets.store(tokenKey(endpoint), token.trim());
}

/**
 * Keeps the token of a server that is being added; without one that of before stays, which another server of the
 * same origin may have.
 * @returns takes that back.
 */
export async function keepToken(
  { secrets }: Pick<vscode.ExtensionContext, "secrets">,
  endpoint: AnyEndpoint,
  token: string,
): Promise<() => Promise<void>> {
  const key = tokenKey(endpoint);
  const before = await secrets.get(key);
  if (token !== "") await secrets.store(key, token);
  return async () => {
    if (token === "") return;
    if (before === undefined) await secrets.delete(key);
    else await secrets.store(key, before);
  };
}

/** Forgets the token of a server's origin. */
export async function deleteToken(
  { secrets }: Pick<vscode.ExtensionContext, "secrets">,
  endpoint: AnyEndpoint,
): Promise<void> {
  await secrets.delete(tokenKey(endpoint));
}

async function pickServer(servers: readonly AnyEndpoint[]): Promise<AnyEndpoint | undefined> {
  const [only, ...others] = servers;
  if (only === undefined) {
    const text = vscode.l10n.t("The settings have no server. Add one to {0}.", SERVERS_SETTING);
    throw new AppError("model.missing", text);
  }
  if (others.length === 0) return only;
  const items = servers.map((endpoint) => {
    return { label: endpoint.name, description: new URL(endpoint.url).host, endpoint };
  });
  const title = vscode.l10n.t("Token for a Server");
  return (await vscode.window.showQuickPick(items, { title }))?.endpoint;
}

/** One token for each origin, so that it never goes to another. */
function tokenKey({ url }: AnyEndpoint): string {
  return `serverToken ${new URL(url).origin}`;
}
