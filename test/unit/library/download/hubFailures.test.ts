import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AppError } from "../../../../src/base/errors";
import { HubClient } from "../../../../src/library/download/hubClient";
import {
  bodyFailure,
  connectFailure,
  TransientFailure,
} from "../../../../src/library/download/hubFailures";
import { withPatience, type Try } from "../../../../src/library/download/downloadFile";
import { fixturePath } from "../../../helpers/fixtures";
import { HubServer } from "../../../helpers/hubServer";

const WAY = { host: "huggingface.co" };
const PROXY = { ...WAY, proxy: "proxy:3128" };
const REPOSITORY = "Salesforce/tiny";
const patience = { nTries: 3, firstPauseMs: 1, maxPauseMs: 1, maxRetryAfterMs: 1000 };

const failing = (code: string, message = "it failed"): Error =>
  Object.assign(new Error(message), { code });

describe("what goes wrong on the way to the hub", () => {
  it("tells that nobody took the connection from a connection that broke", () => {
    for (const [code, words] of [
      ["ENOTFOUND", /^huggingface\.co is not known here$/],
      ["EAI_AGAIN", /^huggingface\.co cannot be looked up$/],
      ["ECONNREFUSED", /refuses connections/],
      ["ENETUNREACH", /no network that leads to huggingface\.co/],
      ["EHOSTUNREACH", /no way to huggingface\.co/],
      ["ETIMEDOUT", /does not take the connection/],
      ["UND_ERR_CONNECT_TIMEOUT", /does not take the connection/],
    ] as const) {
      const failure = transient(connectFailure(failing(code), WAY));
      assert.match(failure.message, words);
      assert.equal(failure.unreachable, "huggingface.co", code);
    }
    for (const code of ["ECONNRESET", "UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT", "ELSE"]) {
      assert.equal(transient(connectFailure(failing(code), WAY)).unreachable, undefined, code);
    }
    assert.equal(bodyFailure(failing("ENETUNREACH")).unreachable, undefined);
    const stalled = bodyFailure(failing("UND_ERR_BODY_TIMEOUT"), WAY.host);
    assert.equal(stalled.message, "huggingface.co stopped sending");
    for (const failure of [connectFailure(failing("UND_ERR_HEADERS_TIMEOUT"), WAY), stalled]) {
      assert.equal(transient(failure).silent, "huggingface.co");
    }
    assert.equal(transient(connectFailure(failing("ECONNRESET"), WAY)).silent, undefined);
  });

  it("names the proxy when that is the one who does not answer", () => {
    const failure = transient(connectFailure(failing("ECONNREFUSED"), PROXY));
    assert.equal(failure.message, "the proxy proxy:3128 refuses connections");
    assert.equal(failure.unreachable, "the proxy proxy:3128");
    const refusal = "Proxy response (502) !== 200 when HTTP Tunneling";
    const tunnel = transient(connectFailure(failing("UND_ERR_ABORTED", refusal), PROXY));
    assert.match(tunnel.message, /proxy:3128 does not lead to huggingface\.co \(status 502\)/);
    assert.equal(tunnel.unreachable, "huggingface.co");
    const password = connectFailure(new Error("Proxy response (407) !== 200"), PROXY);
    assert.ok(password instanceof AppError);
  });

  it("does not try again what a certificate is in the way of, and says what helps", () => {
    for (const code of [
      ...["SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_HAS_EXPIRED"],
      ...["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
      ...["ERR_TLS_CERT_ALTNAME_INVALID", "CERT_NOT_YET_VALID"],
    ]) {
      const failure = connectFailure(failing(code, "self-signed certificate"), WAY);
      assert.ok(failure instanceof AppError, code);
      assert.equal(failure.code, "hub.failed");
      assert.match(failure.message, /huggingface\.co .*self-signed.*NODE_EXTRA_CA_CERTS/);
    }
  });

  it("ends at the first contact when nobody is there, and bears it later", async () => {
    const { signal } = new AbortController();
    const tries: Try[] = [];
    let nCalls = 0;
    const run = (isFirstContact: boolean): Promise<unknown> =>
      withPatience({ signal, patience, isFirstContact, onTry: (t) => tries.push(t) }, () => {
        nCalls++;
        throw connectFailure(failing("ENOTFOUND"), WAY);
      });
    await assert.rejects(run(true), (thrown) => {
      assert.ok(thrown instanceof AppError);
      assert.equal(thrown.code, "hub.unreachable");
      assert.match(
        thrown.message,
        /^Sightline cannot reach huggingface\.co: .* Are you offline\?$/,
      );
      assert.equal(thrown.detail?.["host"], "huggingface.co");
      return true;
    });
    assert.deepEqual([nCalls, tries], [1, [{ nth: 1, nTries: 3 }]]);
    nCalls = 0;
    tries.length = 0;
    await assert.rejects(run(false), { code: "hub.failed" });
    assert.equal(nCalls, 3);
    assert.deepEqual(tries, [
      { nth: 2, nTries: 3 },
      { nth: 3, nTries: 3 },
    ]);
  });

  it("waits once and no longer where the connection is taken and nothing is said", async () => {
    for (const begun of ["", "{"]) {
      let nRequests = 0;
      const server = createServer((_, response) => {
        nRequests++;
        if (begun !== "") response.write(begun);
      });
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      const { port } = server.address() as AddressInfo;
      const hub = new HubClient({ endpoint: `http://127.0.0.1:${port}` }, { stallMs: 300 });
      const { signal } = new AbortController();
      try {
        await assert.rejects(
          withPatience({ signal, patience, isFirstContact: true }, () =>
            hub.list(REPOSITORY, "main", signal),
          ),
          (thrown) => {
            assert.ok(thrown instanceof AppError);
            assert.equal(thrown.code, "hub.unreachable");
            assert.match(
              thrown.message,
              /^127\.0\.0\.1:\d+ takes the connection and does not answer\.$/,
            );
            assert.equal(thrown.detail?.["why"], "silent");
            return true;
          },
        );
        assert.equal(nRequests, 1, begun);
      } finally {
        await hub.close();
        server.closeAllConnections();
        server.close();
      }
    }
  });

  it("is patient at the first contact with a server that is there and busy", async () => {
    const { signal } = new AbortController();
    let nCalls = 0;
    const result = await withPatience({ signal, patience, isFirstContact: true }, () => {
      nCalls++;
      if (nCalls < 3) throw new TransientFailure("huggingface.co answered with status 503");
      return Promise.resolve("there");
    });
    assert.deepEqual([result, nCalls], ["there", 3]);
  });

  it("is the same for a name that there is not, and for a proxy that is none", async () => {
    // RFC 6761 section 6.4: no such name ever exists.
    for (const settings of [
      { endpoint: "https://hub.invalid" },
      { endpoint: "https://hub.invalid", proxy: "http://127.0.0.1:1" },
    ]) {
      const hub = new HubClient(settings);
      try {
        await assert.rejects(hub.list(REPOSITORY, "main"), (thrown) => {
          assert.ok(thrown instanceof TransientFailure, String(thrown));
          const { proxy } = settings as { readonly proxy?: string };
          const who = proxy === undefined ? "hub.invalid" : "the proxy 127.0.0.1:1";
          assert.equal(thrown.unreachable, who);
          return true;
        });
      } finally {
        await hub.close();
      }
    }
  });

  it("tells a page that wants a sign-in from a listing", async () => {
    const server = await HubServer.start(fixturePath("kits", "t5-odd", "checkpoint"));
    const hub = new HubClient({ endpoint: server.url });
    try {
      server.listingText = "<!DOCTYPE html><html><body>Welcome to our café</body></html>";
      await assert.rejects(hub.list(REPOSITORY, "main"), (thrown) => {
        assert.ok(thrown instanceof AppError);
        assert.match(thrown.message, /web page .* sign in: open any page in a browser/);
        return true;
      });
    } finally {
      await hub.close();
      await server.stop();
    }
  });
});

function transient(failure: Error): TransientFailure {
  assert.ok(failure instanceof TransientFailure, String(failure));
  return failure;
}
