/** A whole editor for a test: server, window, a workspace of its own, and the extension from its package. */

import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "playwright-core";
import { BrowserWindow } from "./browserWindow";
import { CodeServer } from "./codeServer";
import { CACHE, prepareEditorPrograms } from "./editorPrograms";
import { Explorer } from "./explorer";
import { Keyboard } from "./keyboard";
import { Messages } from "./messages";
import { readClipboard } from "./pageScripts";
import { untilTrue } from "./polling";
import { QuickInput } from "./quickInput";
import { SideBarView } from "./sideBarView";
import { TextEditor } from "./textEditor";

/** Publisher and name in package.json. */
export const EXTENSION = "sightline.sightline";
/** The program of the engine's processes, inside the extension's folder. */
const CHILD_FILE = "dist/child.js";
/** The first argument of the process that holds the model and answers questions. */
const ANSWERING = "answers";
/** Less than the demo model needs for two words. */
const MOMENT_MS = 1;
/** Any command of the extension. */
const KNOWN_COMMAND = "Sightline: Show Log";
/** Where a failed test leaves its report; not kept under version control. */
const REPORTS = path.resolve("out", "e2e");

/** Colour themes by the labels in the editor's list, and what the window and the pages in it call them. */
export const THEMES = {
  light: { label: "Light 2026", className: "vs", pageClass: "vscode-light" },
  dark: { label: "Dark 2026", className: "vs-dark", pageClass: "vscode-dark" },
  highContrast: {
    ...{ label: "Dark High Contrast", className: "hc-black" },
    pageClass: "vscode-high-contrast",
  },
  highContrastLight: {
    ...{ label: "Light High Contrast", className: "hc-light" },
    pageClass: "vscode-high-contrast-light",
  },
} as const;

export type Theme = keyof typeof THEMES;

export interface EditorOptions {
  /** Files of the workspace: its relative path, and either its text or where it is copied from. */
  readonly files: Readonly<Record<string, string | { readonly from: string }>>;
  /** Files of further extensions, by publisher and name. @default none */
  readonly extensions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Settings of the user beyond the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether the editor asks before it trusts the workspace. @default false */
  readonly asksForTrust?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly size?: { readonly width: number; readonly height: number };
  readonly scale?: number;
}

interface Parts {
  readonly root: string;
  readonly server: CodeServer;
  readonly window: BrowserWindow;
}

/** One editor, open on one folder. */
export class Editor {
  readonly page: Page;
  /** The folder that is open. */
  readonly folder: string;
  readonly server: CodeServer;
  readonly explorer: Explorer;
  readonly keyboard: Keyboard;
  readonly messages: Messages;
  readonly quickInput: QuickInput;
  readonly text: TextEditor;
  readonly view: SideBarView;
  readonly #root: string;
  readonly #window: BrowserWindow;

  private constructor({ root, server, window }: Parts) {
    const { page } = window;
    this.page = page;
    this.folder = workspaceOf(root);
    this.server = server;
    this.explorer = new Explorer(page);
    this.keyboard = new Keyboard(page);
    this.messages = new Messages(page, EXTENSION);
    this.quickInput = new QuickInput(page);
    this.text = new TextEditor(page, { quickInput: this.quickInput, folder: this.folder });
    this.view = new SideBarView(page, EXTENSION);
    this.#root = root;
    this.#window = window;
  }

  /** Opens an editor and waits until its workbench is drawn. @throws when it is not in time */
  static async open(options: EditorOptions): Promise<Editor> {
    const editor = await Editor.start(options);
    try {
      await editor.load();
    } catch (error) {
      await editor.reportFailure("opening the editor");
      await editor.close();
      throw error;
    }
    return editor;
  }

  /** Starts server and browser, and leaves the page empty until `load`. */
  static async start(options: EditorOptions): Promise<Editor> {
    const programs = await prepareEditorPrograms(CACHE);
    const root = await mkdtemp(path.join(tmpdir(), "sightline-e2e-"));
    await writeWorkspace(workspaceOf(root), options.files);
    const home = path.join(root, "home");
    await mkdir(home);
    const server = await CodeServer.start({ ...options, programs, home, vsix: packageFile() });
    try {
      const window = await BrowserWindow.open({ ...options, programs, origin: server.url });
      return new Editor({ root, server, window });
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Loads the workbench. @param payload what the editor's command line would say, as pairs */
  async load(payload: readonly (readonly [string, string])[] = []): Promise<void> {
    const query = new URLSearchParams({ folder: this.folder });
    if (payload.length > 0) query.set("payload", JSON.stringify(payload));
    await this.page.goto(`${this.server.url}/?${query.toString()}`);
    await this.#untilDrawn();
  }

  /** Runs a command of the palette by its full name. */
  async runCommand(name: string): Promise<void> {
    await this.quickInput.runCommand(name);
  }

  /** Reloads the window as a user does; the extension host starts anew. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    await this.runCommand("Developer: Reload Window");
    await loaded;
    await this.#untilDrawn();
  }

  /** Chooses a colour theme and waits until the workbench has it; nothing is reloaded. */
  async useTheme(theme: Theme): Promise<void> {
    const { label, className } = THEMES[theme];
    await this.runCommand("Preferences: Color Theme");
    // The list is longer than the screen.
    await this.quickInput.field.fill(label);
    await this.quickInput.choose(label);
    await this.page.locator(`.monaco-workbench.${className}`).waitFor();
  }

  /** Waits until the view has a theme, too: it is a page of its own, and learns of it a moment after the window. */
  async untilViewHas(theme: Theme): Promise<void> {
    await this.view.document.locator(`body.${THEMES[theme].pageClass}`).waitFor();
  }

  /** Changes settings of the user. The window is reloaded, because this server does not notice the file. */
  async changeSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    await this.server.writeSettings(settings);
    await this.reload();
  }

  /** Waits until the clipboard holds a text; the editor writes it a moment after it was asked to. */
  async untilCopied(text: string): Promise<void> {
    await untilTrue(
      async () => (await this.page.evaluate(readClipboard)) === text,
      `copied "${text}"`,
    );
  }

  /** The process that answers questions. @throws when there is not exactly one */
  enginePid(): number {
    const pids = this.server.pidsRunning(CHILD_FILE, ANSWERING);
    assert.equal(pids.length, 1, `processes that answer: ${pids.join(", ")}`);
    return pids[0] ?? 0;
  }

  /** Runs the work while the engine's process stands still. */
  async whileEngineStandsStill(work: (pid: number) => Promise<void>): Promise<void> {
    const pid = this.enginePid();
    process.kill(pid, "SIGSTOP");
    try {
      await work(pid);
    } finally {
      // Stays alive when the test fails in between, and is gone when the test ended it.
      if (this.server.pidsRunning(CHILD_FILE).includes(pid)) process.kill(pid, "SIGCONT");
    }
  }

  /** Makes an engine stand still that has just been started, and is no longer this one. */
  async stopStartingEngine(before: number): Promise<number> {
    let pid = 0;
    await untilTrue(() => {
      const pids = this.server.pidsRunning(CHILD_FILE, ANSWERING);
      pid = pids.find((other) => other !== before) ?? 0;
      if (pid !== 0) process.kill(pid, "SIGSTOP");
      return Promise.resolve(pid !== 0);
    }, "an engine that starts");
    return pid;
  }

  /**
   * Lets an engine that stands still work for a moment at a time until something is seen; then it stands
   * still in the middle of its work.
   * @param until.momentMs @default MOMENT_MS
   */
  async stepEngine(
    pid: number,
    until: {
      readonly isSeen: () => Promise<boolean>;
      readonly what: string;
      readonly momentMs?: number;
    },
  ): Promise<void> {
    await untilTrue(async () => {
      process.kill(pid, "SIGCONT");
      await delay(until.momentMs ?? MOMENT_MS);
      process.kill(pid, "SIGSTOP");
      return until.isSeen();
    }, until.what);
  }

  /** Ends the process of the engine as a crash does. @returns the id that it had */
  killEngine(): number {
    const pid = this.enginePid();
    process.kill(pid, "SIGKILL");
    return pid;
  }

  /** Keeps what explains a failure: a picture, and everything that was logged. */
  async reportFailure(title: string): Promise<void> {
    const folder = path.join(REPORTS, title.replace(/[^a-z0-9]+/gi, "-").slice(0, 100));
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "server.log"), this.server.log);
    await writeFile(path.join(folder, "console.log"), this.#window.consoleText);
    for (const [name, text] of await this.server.logFiles()) {
      await writeFile(path.join(folder, name.replaceAll("/", "_")), text);
    }
    // A page that has crashed has no picture.
    await this.page.screenshot({ path: path.join(folder, "window.png") }).catch(() => undefined);
  }

  /** Ends browser and server and removes their data. */
  async close(): Promise<void> {
    await this.#window.close();
    await this.server.stop();
    await rm(this.#root, { recursive: true, force: true });
  }

  async #untilDrawn(): Promise<void> {
    for (const part of [".part.editor", ".part.sidebar", ".part.statusbar"]) {
      await this.page.locator(`.monaco-workbench ${part}`).waitFor({ state: "attached" });
    }
    // Menus and keys of extensions come after the workbench; the palette has them all at once.
    await untilTrue(() => this.quickInput.hasCommand(KNOWN_COMMAND), "the extension's commands");
  }
}

/** The package under test. @throws when the runner has not named one */
export function packageFile(): string {
  const file = process.env["SIGHTLINE_VSIX"];
  if (file === undefined) {
    throw new Error('SIGHTLINE_VSIX names no package. Run "npm run test:e2e", which makes one.');
  }
  return path.resolve(file);
}

function workspaceOf(root: string): string {
  return path.join(root, "workspace");
}

async function writeWorkspace(folder: string, files: EditorOptions["files"]): Promise<void> {
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    if (typeof content === "string") await writeFile(file, content);
    else await cp(content.from, file, { recursive: true });
  }
}
