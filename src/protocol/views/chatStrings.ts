/** The texts of the chat's page, which the extension translates and the page shows. */

/** Every text of the page that is its own, in the user's language. `{0}` stands for a value where one is named. */
export interface ChatStrings {
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
  /** Whose answer it is, where another machine gave it; with its name. */
  readonly fromServer: string;
  /** How much of a time has passed. `{0}`, `{1}`: numbers. */
  readonly secondsOf: string;
  /** `{0}`: the file's name. */
  readonly notAPicture: string;
  /** `{0}`: the file's name; the limit is 64 MB. */
  readonly tooLarge: string;
  /** `{0}`: how many pictures can be added at a time. */
  readonly tooMany: string;
}
