/// <reference lib="dom" />
import assert from "node:assert/strict";
import {
  type FromChat,
  readToChat,
  type ToChat,
} from "../../../../src/protocol/views/chatMessages";
import { Messenger } from "../../../../webview/shell/messenger";

describe("the page's line to the extension", () => {
  it("hands on messages of the protocol and no others", () => {
    const received: ToChat[] = [];
    const warnings: unknown[] = [];
    const { messenger, source, send } = create();
    messenger.listen(source, (message) => received.push(message));
    // Where the page says what it left out.
    const page: { warn: (warning: unknown) => void } = globalThis.console;
    const { warn } = page;
    page.warn = (warning) => warnings.push(warning);
    try {
      const strange = [null, "x", { type: "erase" }];
      for (const data of [...strange, { type: "historyToggled", more: 1 }]) send(data);
    } finally {
      page.warn = warn;
    }
    assert.deepEqual(received, [{ type: "historyToggled" }]);
    assert.equal(warnings.length, 3);
  });

  it("posts, keeps and recalls through the editor", () => {
    const { messenger, posted } = create();
    messenger.post({ type: "ready" });
    assert.deepEqual(posted, [{ type: "ready" }]);
    assert.equal(messenger.recall(), undefined);
    messenger.keep({ draft: "wh" });
    assert.deepEqual(messenger.recall(), { draft: "wh" });
  });
});

function create() {
  const posted: FromChat[] = [];
  let kept: unknown;
  const source = new EventTarget();
  return {
    posted,
    source: source as unknown as Pick<Window, "addEventListener">,
    send: (data: unknown) => source.dispatchEvent(Object.assign(new Event("message"), { data })),
    messenger: new Messenger<FromChat, ToChat>(
      {
        postMessage: (message) => posted.push(message),
        getState: () => kept,
        setState: (state) => (kept = state),
      },
      readToChat,
    ),
  };
}
