/** What the work on documents is given in tests, with an engine that does as it is told. */

import { AppError } from "../../src/base/errors";
import { silentLogger } from "../../src/base/logger";
// Here before a test begins, which waits for turns of the event loop and not for files to be read.
import "../../src/editor/shell/lazyParts";
import type { Services } from "../../src/editor/shell/services";
import { FakeMemento, ScriptedEngine } from "./chatFakes";
import { fakeEditor } from "./editor/fakeEditor";
import { FakeEmitter, FakeUri } from "./editor/values";

/** A window without the chat. */
export class AltWorld {
  readonly engine = Object.assign(new ScriptedEngine(), { onStatusChanged: () => () => undefined });
  /** What was shown as a failure. */
  readonly shown: string[] = [];
  /** The same with their facts. */
  readonly failures: AppError[] = [];
  /** What the log was warned of. */
  readonly warnings: string[] = [];
  altOnPaste = true;
  altHover = true;
  auditEnabled = true;
  readonly remoteHosts: string[] = [];
  readonly settingsChanged = new FakeEmitter<void>();
  /** What the editor keeps for all windows. */
  readonly memory = new FakeMemento();

  get services(): Services {
    const show = (thrown: unknown): Promise<void> => {
      this.shown.push(AppError.from(thrown).message);
      this.failures.push(AppError.from(thrown));
      return Promise.resolve();
    };
    const services = {
      engine: this.engine,
      notices: { show, guard: (work: () => Promise<unknown>) => work().catch(show) },
      settings: {
        altComponents: () => [],
        altSiteRoots: () => [],
        remoteImages: () => "ask",
        remoteHosts: this.remoteHosts,
        allowRemoteHost: (host: string) => Promise.resolve(void this.remoteHosts.push(host)),
        altOnPaste: () => this.altOnPaste,
        altHover: () => this.altHover,
        auditEnabled: () => this.auditEnabled,
        compareWithDemo: false,
        onDidChange: this.settingsChanged.event,
        turnOnAltOnPaste: () => Promise.resolve(void (this.altOnPaste = true)),
      },
      pictures: { read: readPicture },
      log: { ...silentLogger, warn: (text: string) => this.warnings.push(text) },
      context: { globalState: this.memory, extensionPath: "/extension" },
    };
    // What the work on documents does not use is not there.
    return services as unknown as Services;
  }
}

async function readPicture(uri: FakeUri): Promise<object> {
  const name = uri.path.slice(uri.path.lastIndexOf("/") + 1);
  const bytes = fakeEditor.files.get(uri.toString());
  if (bytes === undefined) throw new AppError("image.missing", `${name} was not found.`);
  return Promise.resolve({ name, bytes, uri: uri.toString() });
}

/** Puts a picture file into the workspace. */
export function addPicture(name: string, content: string | Uint8Array = name): FakeUri {
  const uri = FakeUri.file(`/w/${name}`);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  fakeEditor.files.set(uri.toString(), bytes);
  return uri;
}
