import assert from "node:assert/strict";
import {
  fetchPicture,
  MAX_FETCHED_BYTES,
  remoteUrl,
  type Fetch,
} from "../../../../src/host/pictures/fetchPicture";
import type { FetchTexts } from "../../../../src/host/pictures/pictureTexts";

const URL_OF_CAT = new URL("https://example.com/pictures/cat.png?v=2");

const TEXTS: FetchTexts = {
  failed: (url, reason) => `${url} failed. ${reason}`,
  refused: (status) => `Answered ${status}.`,
  silent: "It is silent.",
  unreachable: "It cannot be reached.",
  leadsAway: "It leads away.",
  notAPicture: (url, type) => `${url} is ${type}.`,
  tooLarge: (name, limitBytes) => `${name} is above ${limitBytes} bytes.`,
  empty: (name) => `${name} is empty.`,
};

function answer(body: BodyInit | null, init: ResponseInit = {}): Response {
  return new Response(body, { headers: { "content-type": "image/png" }, ...init });
}

function fetched(fetch: Fetch, signal = new AbortController().signal) {
  return fetchPicture(URL_OF_CAT, { fetch, signal, texts: TEXTS });
}

describe("remoteUrl", () => {
  it("takes http and https, and https where the document names none", () => {
    assert.equal(remoteUrl("//example.com/a.png")?.href, "https://example.com/a.png");
    assert.equal(remoteUrl("http://example.com/a.png")?.protocol, "http:");
  });

  it("takes nothing else", () => {
    for (const target of ["file:///etc/passwd", "a.png", "javascript:alert(1)", "http://", ""]) {
      assert.equal(remoteUrl(target), undefined, target);
    }
  });
});

describe("fetchPicture", () => {
  it("gives the bytes and the file's name, and sends no cookies", async () => {
    const picture = await fetched((url, init) => {
      assert.equal(url, URL_OF_CAT.href);
      assert.equal(init.credentials, "omit");
      return Promise.resolve(answer("ABC"));
    });
    assert.equal(picture.name, "cat.png");
    assert.equal(Buffer.from(picture.bytes).toString(), "ABC");
  });

  it("follows redirects, relative ones too", async () => {
    const asked: string[] = [];
    await fetched((url) => {
      asked.push(url);
      return Promise.resolve(
        asked.length === 1
          ? new Response(null, { status: 302, headers: { location: "/other.png" } })
          : answer("ABC"),
      );
    });
    assert.deepEqual(asked, [URL_OF_CAT.href, "https://example.com/other.png"]);
  });

  for (const location of ["http://example.com/a.png", "file:///etc/passwd", "http://"]) {
    it(`does not follow from https to ${location}`, async () => {
      let nAsked = 0;
      const redirect = fetched(() => {
        nAsked++;
        return Promise.resolve(new Response(null, { status: 301, headers: { location } }));
      });
      await assert.rejects(redirect, { code: "image.missing" });
      assert.equal(nAsked, 1);
    });
  }

  it("ends a circle of redirects", async () => {
    const headers = { location: URL_OF_CAT.href };
    const circle = fetched(() => Promise.resolve(new Response(null, { status: 302, headers })));
    await assert.rejects(circle, { code: "image.missing" });
  });

  it("says when the server has no such picture or cannot be reached", async () => {
    const absent = fetched(() => Promise.resolve(answer("", { status: 404 })));
    await assert.rejects(absent, { code: "image.missing", message: /404/ });
    const unreachable = fetched(() => Promise.reject(new TypeError("fetch failed")));
    await assert.rejects(unreachable, {
      code: "image.missing",
      message: `${URL_OF_CAT.href} failed. It cannot be reached.`,
      detail: { remedy: "again" },
    });
  });

  it("refuses what is no picture, and what is empty", async () => {
    const page = fetched(() =>
      Promise.resolve(answer("<html>", { headers: { "content-type": "text/html; charset=x" } })),
    );
    await assert.rejects(page, { code: "image.unreadable", message: /text\/html/ });
    await assert.rejects(
      fetched(() => Promise.resolve(answer(null))),
      { code: "image.unreadable" },
    );
  });

  it("stops reading what is too large, whatever the server announced", async () => {
    let nRead = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        nRead++;
        controller.enqueue(new Uint8Array(1 << 20));
      },
    });
    await assert.rejects(
      fetched(() => Promise.resolve(answer(endless))),
      { code: "image.tooLarge" },
    );
    assert.ok(nRead <= MAX_FETCHED_BYTES / (1 << 20) + 4);
  });

  it("ends with a cancellation when the person cancels", async () => {
    const controller = new AbortController();
    const waiting = fetched((_url, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(new Error("aborted"));
        });
        controller.abort();
      });
    }, controller.signal);
    await assert.rejects(waiting, { code: "request.cancelled" });
  });
});
