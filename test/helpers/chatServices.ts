/** What the chat's feature is given in tests, with an engine that does as it is told. */

import type { WebviewView } from "vscode";
import { AppError } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
import { ChatFeature } from "../../src/editor/chat/chatFeature";
import { LastEditor } from "../../src/editor/shell/lastEditor";
// Here before a test begins, which waits for turns of the event loop and not for files to be read.
import "../../src/editor/shell/lazyParts";
import type { CommandId } from "../../src/editor/shell/commandIds";
import type { Services } from "../../src/editor/shell/services";
import type { EngineStatus } from "../../src/host/service/engine";
import type { ToChat } from "../../src/protocol/views/chatMessages";
import { FakeMemento, ScriptedEngine, settled } from "./chatFakes";
import { fakeEditor } from "./editor/fakeEditor";
import { FakeUri } from "./editor/values";
import { FakeWebviewView } from "./editor/windowParts";

/** A window with the chat in it, and the page of its view when it was looked at. */
export class ChatWorld {
  readonly engine = new ScriptedEngine();
  /** What was shown as a message, by code. */
  readonly shown: string[] = [];
  readonly actions: string[] = [];
  nWarmUps = 0;
  prepareAhead = false;
  readonly view = new FakeWebviewView();
  readonly chat: ChatFeature;
  readonly #listeners = new Set<(status: EngineStatus) => void>();

  constructor() {
    this.chat = new ChatFeature(this.services(), new LastEditor());
    fakeEditor.onExecuted = (id) => {
      if (id === "sightline.chat.focus" && this.view.webview.html === "") this.open();
    };
  }

  /** What the page was told, of one type. */
  posted<T extends ToChat["type"]>(type: T): Extract<ToChat, { type: T }>[] {
    return (this.view.posted as ToChat[]).filter(
      (message): message is Extract<ToChat, { type: T }> => message.type === type,
    );
  }

  /** The editor makes the view; the page has not said anything yet. */
  open(): void {
    this.attach(this.view);
  }

  /** The editor makes a view of its own. */
  attach(view: FakeWebviewView): void {
    this.chat.attach(view as unknown as WebviewView);
  }

  /** The page says something; settles when it is done. */
  async say(message: unknown): Promise<void> {
    await this.view.received.fire(message);
  }

  async run(id: CommandId, ...args: readonly unknown[]): Promise<void> {
    await this.chat.commands[id]?.(...args);
    await settled();
  }

  tell(status: EngineStatus): void {
    this.engine.status = status;
    for (const listener of this.#listeners) listener(status);
  }

  get nListeners(): number {
    return this.#listeners.size;
  }

  /** As the extension gives them to each feature. */
  services(): Services {
    const engine = Object.assign(this.engine, {
      onStatusChanged: (listener: (status: EngineStatus) => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      warmUp: () => {
        this.nWarmUps++;
        return Promise.reject(new AppError("engine.exited", "Not now."));
      },
    });
    const show = (thrown: unknown): Promise<void> => {
      this.shown.push(AppError.from(thrown).message);
      return Promise.resolve();
    };
    const notices = {
      show,
      describe: (error: AppError) => ({ text: error.message, actions: [] }),
      run: (id: string) => Promise.resolve(void this.actions.push(id)),
      guard: (work: () => Promise<unknown>) => work().catch(show),
    };
    const context = {
      workspaceState: new FakeMemento(),
      extensionUri: FakeUri.file("/extension"),
      storageUri: FakeUri.file("/storage"),
      globalStorageUri: FakeUri.file("/global"),
    };
    const isPreparingAhead = (): boolean => this.prepareAhead;
    const settings = {
      get prepareAhead() {
        return isPreparingAhead();
      },
      altComponents: () => [],
      altSiteRoots: () => [],
    };
    const pictures = { read: readPicture };
    // What the chat does not use is not there.
    return {
      context,
      engine,
      settings,
      notices,
      pictures,
      log: silentLogger,
    } as unknown as Services;
  }
}

/** Puts a picture file into the workspace. */
export function addFile(name: string, content = name): FakeUri {
  const uri = FakeUri.file(`/w/${name}`);
  fakeEditor.files.set(uri.toString(), new TextEncoder().encode(content));
  return uri;
}

function readPicture(uri: FakeUri): Promise<object> {
  const bytes = fakeEditor.files.get(uri.toString());
  const name = uri.path.slice(uri.path.lastIndexOf("/") + 1);
  return bytes === undefined
    ? Promise.reject(new AppError("image.missing", `${name} was not found.`))
    : Promise.resolve({ name, bytes, uri: uri.toString() });
}
