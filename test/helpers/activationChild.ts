/**
 * Starts the built extension in a process of its own, as an editor does, and prints what that took.
 *   node activationChild.js DIST/extension.js
 */

import Module, { createRequire } from "node:module";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";

/** One line of JSON on the standard output. */
export interface ActivationReport {
  /**
   * Processor time in ms, of all threads of the process: of Node's modules that an extension host has
   * loaded already, of loading the program, and of `activate`.
   */
  readonly modulesMs: number;
  readonly loadMs: number;
  readonly activateMs: number;
  /** The files that were loaded, relative to the program's folder, and their length. */
  readonly files: readonly { readonly name: string; readonly nBytes: number }[];
  /** Node's modules, and packages, that were asked for by name. */
  readonly modules: readonly string[];
  /** Commands and providers, by what registered them. */
  readonly registered: Readonly<Record<string, readonly string[]>>;
  /** Processes, timers and open files that keep Node alive. */
  readonly resources: readonly string[];
}

/** What VS Code's own extension host process imports of what the program asks for. */
const HOST_MODULES = ["node:child_process", "node:crypto", "node:fs", "node:os", "node:path"];

const registered: Record<string, string[]> = {};

/** What the editor gives for a registration, a channel or an item; it notes its name. */
function note(kind: string, name: string): { dispose(): void } {
  (registered[kind] ??= []).push(name);
  return { dispose: () => undefined };
}

class Emitter {
  readonly event = (): { dispose(): void } => note("listeners", "own");
  fire(): void {
    throw new Error("Nothing happens while the extension starts.");
  }
  dispose(): void {
    throw new Error("Nothing ends while the extension starts.");
  }
}

class Kind {
  static readonly Empty = new Kind("");
  static readonly QuickFix = new Kind("quickfix");
  static readonly RefactorRewrite = new Kind("refactor.rewrite");
  readonly value: string;

  constructor(value: string) {
    this.value = value;
  }

  append(part: string): Kind {
    return new Kind(`${this.value}.${part}`);
  }
}

class Disposable {
  readonly dispose: () => void;

  constructor(dispose: () => void) {
    this.dispose = dispose;
  }

  static from(): Disposable {
    return new Disposable(() => undefined);
  }
}

class MarkdownString {
  appendMarkdown(): this {
    return this;
  }
  appendText(): this {
    return this;
  }
}

const listen = (name: string) => () => note("listeners", name);
const quiet = (): undefined => undefined;
const provide = (name: string) => () => note("providers", name);

/** As much of the editor as the start of the extension needs; anything else fails. */
const vscode = {
  CodeActionKind: Kind,
  Disposable,
  DocumentDropOrPasteEditKind: Kind,
  EventEmitter: Emitter,
  MarkdownString,
  StatusBarAlignment: { Left: 1, Right: 2 },
  ThemeColor: Kind,
  env: { language: "en" },
  l10n: { t: (message: string | { readonly message: string }) => message },
  commands: {
    registerCommand: (id: string) => note("commands", id),
    executeCommand: (id: string) => {
      note("executed", id);
      return Promise.resolve();
    },
  },
  lm: {
    registerTool: (name: string) => note("tools", name),
    registerMcpServerDefinitionProvider: provide("servers"),
  },
  languages: {
    registerCodeActionsProvider: provide("codeActions"),
    registerHoverProvider: provide("hover"),
    registerDocumentPasteEditProvider: provide("paste"),
    registerDocumentDropEditProvider: provide("drop"),
  },
  window: {
    activeTextEditor: undefined,
    createOutputChannel: (name: string) => ({
      ...note("channels", name),
      ...{ trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, show: quiet },
    }),
    createStatusBarItem: (id: string) => ({ ...note("statusItems", id), show: quiet }),
    registerWebviewViewProvider: (id: string) => note("views", id),
    registerWebviewPanelSerializer: (id: string) => note("panels", id),
    onDidChangeActiveTextEditor: listen("activeTextEditor"),
    onDidChangeWindowState: listen("windowState"),
    onDidChangeTextEditorSelection: listen("selection"),
  },
  workspace: {
    registerTextDocumentContentProvider: provide("documents"),
    isTrusted: true,
    textDocuments: [],
    getConfiguration: () => ({ get: quiet }),
    onDidChangeConfiguration: listen("configuration"),
    onDidChangeTextDocument: listen("textDocument"),
    onDidOpenTextDocument: listen("openedDocument"),
  },
};

const [program = ""] = process.argv.slice(2);
const file = path.resolve(program);
const modules = new Set<string>();
const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (request, ...rest) => {
  if (request === "vscode") return vscode;
  if (!request.startsWith(".") && !path.isAbsolute(request)) modules.add(request);
  return load(request, ...rest);
};
const context = {
  extension: {
    id: "sightline.sightline",
    packageJSON: JSON.parse(readFileSync("package.json", "utf8")) as unknown,
  },
  extensionPath: path.dirname(path.dirname(file)),
  subscriptions: [],
};

const requireProgram = createRequire(file);
// An extension host has these before its first extension.
const startOfModules = process.cpuUsage();
for (const name of HOST_MODULES) requireProgram(name);
const modulesOnly = process.cpuUsage(startOfModules);
const before = new Set(Object.keys(requireProgram.cache));
const start = process.cpuUsage();
const extension = requireProgram(file) as { activate(context: unknown): unknown };
const loaded = process.cpuUsage(start);
extension.activate(context);
const total = process.cpuUsage(start);

const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
const report: ActivationReport = {
  modulesMs: milliseconds(modulesOnly),
  loadMs: milliseconds(loaded),
  activateMs: milliseconds(total) - milliseconds(loaded),
  files: Object.keys(requireProgram.cache)
    .filter((name) => !before.has(name))
    .map((name) => ({
      name: path.relative(path.dirname(file), name).replaceAll("\\", "/"),
      nBytes: statSync(name).size,
    })),
  modules: [...modules].sort(),
  registered,
  resources: process.getActiveResourcesInfo(),
};
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
