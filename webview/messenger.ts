/** The page's line to the extension; the only file that posts and receives messages. */

import { type FromView, readToView, type ToView } from "../src/protocol/viewMessages";

/** What the editor gives to a page. */
export interface EditorApi {
  postMessage(message: FromView): void;
  getState(): unknown;
  setState(state: unknown): unknown;
}

export class Messenger {
  readonly #api: EditorApi;

  constructor(api: EditorApi) {
    this.#api = api;
  }

  post(message: FromView): void {
    this.#api.postMessage(message);
  }

  /**
   * Hands each message of the extension on.
   * One that breaks the protocol is left out: the page stays as it is, and the console says why.
   */
  listen(source: Pick<Window, "addEventListener">, receive: (message: ToView) => void): void {
    source.addEventListener("message", (event) => {
      let message: ToView;
      try {
        message = readToView(event.data);
      } catch (thrown) {
        // The page has no log of its own; the editor's developer tools show the console.
        // eslint-disable-next-line no-console
        console.warn(thrown instanceof Error ? thrown.message : thrown);
        return;
      }
      receive(message);
    });
  }

  /** What `keep` was given before the page was hidden; from storage, so of any shape. */
  recall(): unknown {
    return this.#api.getState();
  }

  keep(state: unknown): void {
    this.#api.setState(state);
  }
}
