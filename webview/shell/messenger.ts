/** A page's line to the extension; the only file that posts and receives messages. */

/** What the editor gives to a page. */
export interface EditorApi<From> {
  postMessage(message: From): void;
  getState(): unknown;
  setState(state: unknown): unknown;
}

/** @template From what the page says, @template To what it is told */
export class Messenger<From, To> {
  readonly #api: EditorApi<From>;
  readonly #read: (value: unknown) => To;

  /** @param read Reads a message of the extension; throws when it breaks the protocol. */
  constructor(api: EditorApi<From>, read: (value: unknown) => To) {
    this.#api = api;
    this.#read = read;
  }

  post(message: From): void {
    this.#api.postMessage(message);
  }

  /**
   * Hands each message of the extension on.
   * One that breaks the protocol is left out: the page stays as it is, and the console says why.
   */
  listen(source: Pick<Window, "addEventListener">, receive: (message: To) => void): void {
    source.addEventListener("message", (event) => {
      let message: To;
      try {
        message = this.#read(event.data);
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
