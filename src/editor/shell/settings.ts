/** The only reader of the user's configuration; what settings mean is in settingValues.ts. */

import * as vscode from "vscode";
import type { Logger } from "../../base/logger";
import {
  MAX_LIST,
  readSetting,
  SETTING_DEFAULTS,
  type SettingKey,
  settingProblem,
  type SettingValues,
} from "../../host/settings/settingValues";
import type { DeviceChoice } from "../../model/ask/device";
import type { HubParams } from "../../protocol/methods";

/** Read anew each time, and valid: what the user wrote wrongly is the default. */
export interface Settings {
  /** Name of a model in the store, `demo`, or the folder of a converted model. */
  readonly model: string;
  readonly device: DeviceChoice;
  /** Where models are kept; undefined for the platform's cache folder. */
  readonly storageFolder: string | undefined;
  /** Without work for this long the engine is ended. */
  readonly idleMinutes: number;
  /** Whether pictures of the chat are looked at while the question is typed. */
  readonly prepareAhead: boolean;
  /** The way to the hub: its address, and the editor's proxy where one is set. */
  readonly hub: HubOptions;
  /** Servers as the user wrote them. */
  readonly remoteEndpoints: readonly unknown[];
  /** Where NVIDIA's libraries are, if not in a usual place. */
  readonly cudaLibraryFolder: string | undefined;
  /** Whether this editor's agents get the tools from a server too. */
  readonly agentsMcpServer: boolean;
  /** Folders that a site's "/" may be, besides the usual ones. */
  altSiteRoots(uri: vscode.Uri): readonly string[];
  /** Components that show a picture, as `img` does. */
  altComponents(uri: vscode.Uri): readonly string[];
  altOnPaste(uri: vscode.Uri): boolean;
  altHover(uri: vscode.Uri): boolean;
  auditEnabled(uri: vscode.Uri): boolean;
  /** The demo is asked only where somebody wants that. */
  readonly compareWithDemo: boolean;
  remoteImages(uri: vscode.Uri): "ask" | "never";
  /** Servers whose pictures are fetched without a question; the user's own and never a workspace's. */
  readonly remoteHosts: readonly string[];
  /** From now on pictures of this server are fetched without a question, in all windows. */
  allowRemoteHost(host: string): Thenable<void>;
  /** Chooses a model for all windows. */
  setModel(name: string): Thenable<void>;
  /** Name or folder of the model that finds pictures; undefined where the engine chooses. */
  readonly searchModel: string | undefined;
  /** For all windows. */
  setSearchModel(name: string | undefined): Thenable<void>;
  setAgentsMcpServer(isOn: boolean): Thenable<void>;
  setRemoteEndpoints(entries: readonly unknown[]): Thenable<void>;
  /** Chooses a mirror of the hub, or with an empty text the hub itself, for all windows. */
  setHubEndpoint(address: string): Thenable<void>;
  /** From now on pictures that are pasted get a text, in all windows. */
  turnOnAltOnPaste(): Thenable<void>;
  readonly onDidChange: vscode.Event<void>;
}

/** As the child's request has it, but for the token, which is a secret and no setting. */
export type HubOptions = Omit<HubParams, "token">;

const SECTION = "sightline";

/** The editor's settings; `dispose` ends the event. */
export class EditorSettings implements Settings, vscode.Disposable {
  readonly #log: Logger;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  /** Problems that the log has already. */
  readonly #reported = new Set<string>();
  readonly onDidChange = this.#changed.event;

  constructor(log: Logger) {
    this.#log = log;
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SECTION)) this.#changed.fire();
    });
  }

  get model(): string {
    return this.#read("model");
  }

  get device(): DeviceChoice {
    return this.#read("device");
  }

  get storageFolder(): string | undefined {
    const folder = this.#read("storageFolder");
    return folder === "" ? undefined : folder;
  }

  get idleMinutes(): number {
    return this.#read("idleMinutes");
  }

  get prepareAhead(): boolean {
    return this.#read("prepareAhead");
  }

  get hub(): HubOptions {
    const http = vscode.workspace.getConfiguration("http");
    const isProxyOff = http.get<unknown>("proxySupport") === "off";
    const proxy = isProxyOff ? undefined : http.get<unknown>("proxy");
    const noProxy = http.get<unknown>("noProxy");
    const endpoint = this.#read("hub.endpoint");
    return {
      ...(endpoint === "" ? {} : { endpoint }),
      ...(typeof proxy === "string" && proxy.trim() !== "" ? { proxy } : {}),
      ...(Array.isArray(noProxy) && noProxy.length > 0 ? { noProxy: noProxy.join(",") } : {}),
    };
  }

  get remoteEndpoints(): readonly unknown[] {
    return this.#read("remote.endpoints");
  }

  get cudaLibraryFolder(): string | undefined {
    const folder = this.#read("cuda.libraryFolder");
    return folder === "" ? undefined : folder;
  }

  get agentsMcpServer(): boolean {
    return this.#read("agents.mcpServer");
  }

  altSiteRoots(uri: vscode.Uri): readonly string[] {
    return this.#read("alt.siteRoots", uri);
  }

  altComponents(uri: vscode.Uri): readonly string[] {
    return this.#read("alt.components", uri);
  }

  altOnPaste(uri: vscode.Uri): boolean {
    return this.#read("alt.onPaste", uri);
  }

  altHover(uri: vscode.Uri): boolean {
    return this.#read("alt.hover", uri);
  }

  auditEnabled(uri: vscode.Uri): boolean {
    return this.#read("audit.enable", uri);
  }

  get compareWithDemo(): boolean {
    return this.#read("audit.compareWithDemo");
  }

  remoteImages(uri: vscode.Uri): "ask" | "never" {
    return this.#read("alt.remoteImages", uri);
  }

  get remoteHosts(): readonly string[] {
    return this.#read("alt.remoteHosts");
  }

  allowRemoteHost(host: string): Thenable<void> {
    const hosts = [...this.remoteHosts.filter((known) => known !== host), host];
    return this.#write("alt.remoteHosts", hosts.slice(-MAX_LIST));
  }

  setModel(name: string): Thenable<void> {
    return this.#write("model", name);
  }

  get searchModel(): string | undefined {
    const name = this.#read("search.model");
    return name === "" ? undefined : name;
  }

  setSearchModel(name: string | undefined): Thenable<void> {
    return this.#write("search.model", name);
  }

  setAgentsMcpServer(isOn: boolean): Thenable<void> {
    return this.#write("agents.mcpServer", isOn);
  }

  setRemoteEndpoints(entries: readonly unknown[]): Thenable<void> {
    return this.#write("remote.endpoints", entries);
  }

  setHubEndpoint(address: string): Thenable<void> {
    return this.#write("hub.endpoint", address === "" ? undefined : address);
  }

  turnOnAltOnPaste(): Thenable<void> {
    return this.#write("alt.onPaste", true);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #write(key: SettingKey, value: unknown): Thenable<void> {
    return vscode.workspace
      .getConfiguration(SECTION)
      .update(key, value, vscode.ConfigurationTarget.Global);
  }

  #read<K extends SettingKey>(key: K, uri?: vscode.Uri): SettingValues[K] {
    const value: unknown = vscode.workspace.getConfiguration(SECTION, scopeOf(uri)).get(key);
    const valid = readSetting(key, value);
    if (valid !== undefined) return valid;
    const problem = settingProblem(key, value);
    if (!this.#reported.has(problem)) this.#log.warn(problem);
    this.#reported.add(problem);
    return SETTING_DEFAULTS[key];
  }
}

/** An open document brings its language, whose own settings win. */
function scopeOf(uri: vscode.Uri | undefined): vscode.ConfigurationScope | null {
  if (uri === undefined) return null;
  const key = uri.toString();
  return vscode.workspace.textDocuments.find((open) => open.uri.toString() === key) ?? uri;
}
