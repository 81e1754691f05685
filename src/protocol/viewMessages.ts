/**
 * Everything that the extension and the chat's webview say to each other: plain data, no behaviour.
 * The extension holds the truth; the webview shows it and asks for changes.
 */

import type { Doubt } from "../model/ask/request";

/** What the extension's side tells the webview. */
export type ToView =
  /** Everything, at the start and when another conversation is opened. */
  | { readonly type: "chatReplaced"; readonly chat: ChatView }
  | { readonly type: "picturesChanged"; readonly pictures: readonly PictureView[] }
  | { readonly type: "turnAdded"; readonly turn: TurnView }
  /** A further piece of a turn's answer. */
  | { readonly type: "textEmitted"; readonly turnId: string; readonly text: string }
  /** A turn in a new state, with its whole text. */
  | { readonly type: "turnChanged"; readonly turn: TurnView }
  | { readonly type: "suggestionsChanged"; readonly suggestions: readonly string[] }
  | { readonly type: "historyChanged"; readonly history: readonly ConversationView[] }
  | { readonly type: "engineChanged"; readonly engine: EngineView }
  /** The keyboard belongs into the question's field now. */
  | { readonly type: "composerFocused" }
  /** Opens or closes the list of earlier conversations. */
  | { readonly type: "historyToggled" }
  /** Something that no turn is about, such as a file that is no picture. */
  | { readonly type: "noticeShown"; readonly notice: NoticeView };

/** What the webview asks for. */
export type FromView =
  /** The page is there; answered with `chatReplaced`. */
  | { readonly type: "ready" }
  | { readonly type: "ask"; readonly question: string }
  /** Ends the running turn and those that wait. */
  | { readonly type: "stop" }
  | { readonly type: "retry"; readonly turnId: string }
  | { readonly type: "copy"; readonly turnId: string }
  /** Puts the answer into the editor. */
  | { readonly type: "insert"; readonly turnId: string }
  | { readonly type: "pickPictures" }
  /** A picture of the extension's own, with a question that is asked at once. */
  | { readonly type: "trySample" }
  /** Pictures that were pasted or dropped as bytes. */
  | { readonly type: "addPictures"; readonly pictures: readonly PictureBytes[] }
  /** Files that were dropped from the editor, as `text/uri-list` names them. */
  | { readonly type: "addUris"; readonly uris: readonly string[] }
  | { readonly type: "selectPicture"; readonly pictureId: string; readonly isSelected: boolean }
  | { readonly type: "removePicture"; readonly pictureId: string }
  | { readonly type: "newConversation" }
  | { readonly type: "openConversation"; readonly conversationId: string }
  | { readonly type: "deleteConversation"; readonly conversationId: string }
  | { readonly type: "runAction"; readonly actionId: string }
  /** The menu of the status bar item. */
  | { readonly type: "openMenu" };

/** A picture that the webview holds and the extension does not. */
export interface PictureBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ChatView {
  readonly conversationId: string;
  /** In the order in which they were added. */
  readonly pictures: readonly PictureView[];
  /** Oldest first. */
  readonly turns: readonly TurnView[];
  /** Questions to begin or to go on with. */
  readonly suggestions: readonly string[];
  /** Newest first; the open conversation is among them once it has a turn. */
  readonly history: readonly ConversationView[];
  readonly engine: EngineView;
}

export interface PictureView {
  readonly id: string;
  readonly name: string;
  /** A data: URL; absent until it is made and when it cannot be. */
  readonly thumbnail?: string;
  /** Of the original, in pixels. */
  readonly width?: number;
  readonly height?: number;
  /** A question is asked about every selected picture. */
  readonly isSelected: boolean;
  /** Why it cannot be asked about, for people. */
  readonly problem?: string;
}

export interface TurnView {
  readonly id: string;
  readonly pictureId: string;
  readonly pictureName: string;
  /** A question that was typed, or the wish for a description. */
  readonly kind: "question" | "description";
  /** The words that are shown for it. */
  readonly question: string;
  readonly answer: string;
  readonly state: TurnState;
  /** What is done for it now; only when `state` is `waiting`. */
  readonly step?: TurnStep;
  /** What happened and what helps; only when `state` is `failed`. */
  readonly notice?: NoticeView;
  /** From asking to the last word, in ms; only when `state` is `done`. */
  readonly durationMs?: number;
  /** Why the answer may mean nothing; only when `state` is `done`. */
  readonly doubts?: readonly Doubt[];
}

/** `waiting`: for its turn or its first word; `stopped`: by the user, with what was there by then. */
export type TurnState = "waiting" | "streaming" | "done" | "stopped" | "failed";

/**
 * What an answer waits for: `load`: the model is brought into memory; `look`: the picture is encoded;
 * `write`: the first words are chosen, or all of them where they come at once.
 */
export type StepName = "load" | "look" | "write";

export interface TurnStep {
  readonly name: StepName;
  /** For how long, in ms, when this was said. */
  readonly elapsedMs: number;
  /** How long the same took before, in ms; absent when nobody knows. */
  readonly expectedMs?: number;
}

export interface NoticeView {
  readonly text: string;
  readonly actions: readonly ActionView[];
}

/** A button; its id comes back in `runAction`. */
export interface ActionView {
  readonly id: string;
  readonly label: string;
}

export interface ConversationView {
  readonly id: string;
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
  readonly isOpen: boolean;
}

export interface EngineView {
  readonly kind: "off" | "starting" | "loading" | "ready" | "busy" | "failed" | "unsupported";
  /** One short line, such as "demo · f32 · CPU". */
  readonly label: string;
  /** More of it, such as why this device. */
  readonly detail?: string;
  /** 0 to 1, while something is loaded or converted. */
  readonly progress?: number;
  /** What the chosen model cannot do, and what helps; shown above the question's field. */
  readonly limits?: NoticeView;
  /** A question of the kind that the chosen model answers; in English, as all questions are. */
  readonly example?: string;
}

/** Every text of the page that is its own, in the user's language. `{0}` stands for a value where one is named. */
export interface ViewStrings {
  readonly emptyTitle: string;
  readonly emptyHint: string;
  readonly trySample: string;
  readonly addPicture: string;
  /** `{0}`: the picture's name. */
  readonly removePicture: string;
  /** `{0}`: the picture's name. */
  readonly selectPicture: string;
  readonly pictures: string;
  readonly dropHere: string;
  readonly questionLabel: string;
  /** `{0}`: a question. */
  readonly questionPlaceholder: string;
  readonly questionPlaceholderNoPicture: string;
  readonly ask: string;
  readonly stop: string;
  readonly retry: string;
  readonly copy: string;
  readonly copied: string;
  readonly insert: string;
  readonly waiting: string;
  readonly stepLoad: string;
  readonly stepLook: string;
  readonly stepWrite: string;
  readonly stopped: string;
  /** Of an answer about a picture that shows one color. */
  readonly oneColor: string;
  /** Of an answer about a picture that the demo model can know nothing about. */
  readonly outsideWorld: string;
  readonly failed: string;
  readonly conversation: string;
  readonly suggestions: string;
  readonly history: string;
  readonly historyEmpty: string;
  /** `{0}`: the conversation's title. */
  readonly openConversation: string;
  /** `{0}`: the conversation's title. */
  readonly deleteConversation: string;
  readonly newConversation: string;
  readonly close: string;
  readonly engineMenu: string;
  /** `{0}`: a number. */
  readonly seconds: string;
  /** How much of a time has passed. `{0}`, `{1}`: numbers. */
  readonly secondsOf: string;
  /** `{0}`: the file's name. */
  readonly notAPicture: string;
  /** `{0}`: the file's name; the limit is 64 MB. */
  readonly tooLarge: string;
  /** `{0}`: how many pictures can be added at a time. */
  readonly tooMany: string;
}
