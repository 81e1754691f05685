/**
 * The editor that tests have: what a test sets before and looks at afterwards, and what the user does
 * meanwhile. The bundler puts `vscode.ts` beside this in the place of the module "vscode".
 */

import type { FakeDocument, FakeTextEditor } from "./documents";
import type { FakeList, FakeQuickPick, ListStep } from "./lists";
import { FakeEmitter, FakeUri, type FakeDiagnostic, type FakeEdit } from "./values";
import type { FakeStatusItem, FakeWebviewPanel, ViewProvider } from "./windowParts";

interface FakeMessage {
  readonly kind: "error" | "warning" | "information";
  readonly text: string;
  readonly detail: string | undefined;
}

interface FakeProgress {
  readonly title: string;
  readonly reports: unknown[];
  cancel(): void;
}

/** A field as it was shown, and what it then said of the text. */
interface FakeBox {
  readonly value?: string;
  readonly title?: string;
  readonly prompt?: string;
  readonly problem?: string | undefined;
}

/** A tree view, as the extension fills it. */
export interface FakeTree {
  readonly provider: unknown;
  readonly message: string;
  readonly badge: { readonly value: number } | undefined;
}

function newEditor() {
  return {
    /** In which the editor is shown. */
    language: "en",
    /** The translated sentences, where there are any. */
    bundle: undefined as Readonly<Record<string, string>> | undefined,
    isTrusted: true,
    folders: [FakeUri.file("/w")],
    /** What the user wrote, by whole key; a key with a language in front wins in its documents. */
    settings: new Map<string, unknown>(),
    updates: [] as { readonly key: string; readonly value: unknown; readonly target: number }[],

    /** By address; an error is thrown when the file is looked at. */
    files: new Map<string, Uint8Array | "folder" | Error>(),
    /** When files were made and written, where a file system tells. */
    times: new Map<string, { readonly mtime: number; readonly ctime: number }>(),
    /** What the file system says of sizes that are not the true ones. */
    sizes: new Map<string, number>(),
    filesRead: [] as string[],
    documents: [] as FakeDocument[],
    notebooks: [] as FakeNotebook[],
    activeEditor: undefined as FakeTextEditor | undefined,
    visibleEditors: [] as FakeTextEditor[],
    activeTab: undefined as unknown,
    /** What has a tab, in the order of the tabs. */
    tabs: [] as FakeUri[],
    edits: [] as FakeEdit[],
    decorations: [] as unknown[],
    /** Lines that were brought into sight, from zero. */
    revealed: [] as number[],
    /** Addresses of documents that were shown. */
    shown: [] as string[],

    /** What the user does, one for each list that is shown; without one the user leaves. */
    listSteps: [] as ListStep[],
    lists: [] as FakeList[],
    /** Lists that a feature fills itself, oldest first. */
    pickers: [] as FakeQuickPick[],
    /** What the user types into boxes, in order; undefined for Escape, which is also what comes last. */
    typed: [] as (string | undefined)[],
    boxes: [] as FakeBox[],
    /** What the user picks in file dialogs. */
    chosenFiles: undefined as FakeUri[] | undefined,
    nDialogs: 0,
    /** The buttons that the user presses wherever they are offered. */
    pressed: new Set<string>(),
    /** Whether a message without such a button stays open; it is closed otherwise. */
    messagesStay: false,
    /** Called before a message is answered, as if the user did something else first. */
    beforePress: (): Promise<void> | void => undefined,
    messages: [] as FakeMessage[],
    /** What was said in the status bar. */
    notes: [] as string[],
    progress: [] as FakeProgress[],
    /** The user presses Cancel as soon as the progress of this title is shown. */
    cancelledTitle: undefined as string | undefined,
    clipboard: "",

    executed: [] as (readonly unknown[])[],
    /** Called for each command; gives what the command does. */
    onExecuted: undefined as ((...call: readonly unknown[]) => unknown) | undefined,
    statusItems: [] as FakeStatusItem[],
    /** Of languages, by what they provide. */
    providers: new Map<string, { readonly provider: unknown; readonly metadata: unknown }>(),
    /** Of views in the side bar, by id. */
    views: new Map<string, ViewProvider>(),
    /** Webviews among the editors, as they were opened. */
    panels: [] as FakeWebviewPanel[],
    /** Trees in the side bar, by id. */
    trees: new Map<string, FakeTree>(),
    documentChanged: new FakeEmitter<unknown>(),
    documentOpened: new FakeEmitter<FakeDocument>(),
    documentSaved: new FakeEmitter<FakeDocument>(),
    documentClosed: new FakeEmitter<FakeDocument>(),
    /** Fire for a file on the disk. */
    fileChanged: new FakeEmitter<FakeUri>(),
    fileCreated: new FakeEmitter<FakeUri>(),
    fileDeleted: new FakeEmitter<FakeUri>(),
    /** What is marked in documents, by address and by who says so. */
    diagnostics: new Map<string, Map<string, readonly FakeDiagnostic[]>>(),
    diagnosticsChanged: new FakeEmitter<{ readonly uris: readonly FakeUri[] }>(),
    /** How often something was marked anew, and in how many documents at once. */
    nMarked: [] as number[],
    activeEditorChanged: new FakeEmitter<FakeTextEditor | undefined>(),
    /** What `window.state` says; `focusWindow` changes it. */
    isFocused: true,
    windowStateChanged: new FakeEmitter<{ readonly focused: boolean }>(),
    settingsChanged: new FakeEmitter<{ affectsConfiguration(section: string): boolean }>(),
  };
}

/** A notebook that is open; its cells are asked for only where it is read. */
export interface FakeNotebook {
  readonly uri: FakeUri;
  readonly isDirty: boolean;
  readonly getCells?: () => readonly object[];
}

export const fakeEditor = newEditor();

/** Makes the editor new; for `beforeEach`. */
export function resetFakeEditor(): void {
  Object.assign(fakeEditor, newEditor());
}

/** The texts of the messages, oldest first. */
export function messageTexts(): string[] {
  return fakeEditor.messages.map(({ text }) => text);
}

/** The lines of the list that was shown first. */
export function firstList(): FakeList["items"] {
  return fakeEditor.lists[0]?.items ?? [];
}

/** Gives the window the focus, or takes it away. */
export async function focusWindow({ focused }: { readonly focused: boolean }): Promise<void> {
  fakeEditor.isFocused = focused;
  await fakeEditor.windowStateChanged.fire({ focused });
}

/** Tells everybody who listens that a setting was changed. */
export function changeSettings(section: string): void {
  const affectsConfiguration = (asked: string): boolean => section.startsWith(asked);
  void fakeEditor.settingsChanged.fire({ affectsConfiguration });
}
