import assert from "node:assert/strict";
import { AppError } from "../../../src/base/errors";
import { ToolCaller } from "../../../src/tools/callTool";
import type { SearchPort } from "../../../src/tools/tool";
import { fakePorts, fakeRun, settled, untilAborted } from "../../helpers/toolPorts";

/** A search of ten thousand pictures, of which `nDone` were looked at. */
function fakeSearch(more: Partial<SearchPort> = {}): SearchPort {
  return {
    folders: (given) => Promise.resolve([given ?? "/root"]),
    lookAt: (_, { onProgress }) => {
      onProgress(10_000, 10_000);
      return Promise.resolve();
    },
    find: (words, { folders, k, rerank }) =>
      Promise.resolve({
        model: "retrieval",
        matches: Array.from({ length: k }, (_, i) => {
          return {
            file: `${folders[0]}/${words} ${i}.png`,
            similarity: 0.5 - i / 100,
            // As long as nothing was read, the first ones are taken for likely.
            isLikely: rerank === 0 || i === 0,
            ...(i < rerank ? { match: i === 0 ? 0.9 : 0.1 } : {}),
          };
        }),
      }),
    ...more,
  };
}

describe("find_images", () => {
  it("gives the best of a folder, and says how many were searched", async () => {
    const caller = new ToolCaller(fakePorts({}, { search: fakeSearch() }));
    const given = { query: "dog\u202e", folder: "/root/sub", limit: 2 };
    assert.deepEqual(await caller.call("find_images", given, fakeRun()), {
      isError: false,
      answer: {
        model: "retrieval",
        matches: [
          { image: "/root/sub/dog 0.png", similarity: 0.5, match: 0.9, isLikely: true },
          { image: "/root/sub/dog 1.png", similarity: 0.49, match: 0.1, isLikely: false },
        ],
        ...{ searched: 10_000, remaining: 0 },
      },
    });
  });

  it("answers after 45 seconds with what it has", async () => {
    const lookAt: SearchPort["lookAt"] = (_, run) => {
      run.onProgress(24, 10_000);
      return untilAborted(run);
    };
    const ports = fakePorts({}, { search: fakeSearch({ lookAt }) });
    const run = fakeRun();
    const calling = new ToolCaller(ports).call("find_images", { query: "dog", limit: 1 }, run);
    await settled();
    ports.clock.advance(45_000);
    const answer = await calling;
    assert.ok(!answer.isError);
    assert.deepEqual(answer.answer, {
      model: "retrieval",
      matches: [{ image: "/root/dog 0.png", similarity: 0.5, match: 0.9, isLikely: true }],
      ...{ searched: 24, remaining: 9976 },
      warnings: ["There was no time for all pictures. Call again to go on."],
    });
    assert.equal(run.told.at(-1)?.message, "Looked at 24 of 10000 pictures");
    assert.equal(ports.clock.nAlarms, 0);
  });

  it("calls nothing likely that there was no time to read, and says so", async () => {
    const whole = fakeSearch();
    const asked: number[] = [];
    for (const readable of [0, 4]) {
      const search = fakeSearch({
        find: (words, options) => {
          asked.push(options.rerank);
          return options.rerank <= readable ? whole.find(words, options) : untilAborted(options);
        },
      });
      const ports = fakePorts({}, { search });
      const calling = new ToolCaller(ports).call(
        "find_images",
        { query: "dog", limit: 6 },
        fakeRun(),
      );
      await settled();
      ports.clock.advance(10_000);
      const { isError, ...answer } = await calling;
      assert.ok(!isError && "answer" in answer);
      const { matches, warnings } = answer.answer as {
        matches: { match?: number; isLikely?: boolean }[];
        warnings: string[];
      };
      const read = matches.map(({ match, isLikely }) => [match, isLikely]);
      assert.deepEqual(read.slice(readable), Array(6 - readable).fill([undefined, undefined]));
      assert.equal(read.filter(([, isLikely]) => isLikely === true).length, readable === 0 ? 0 : 1);
      assert.match(warnings.join(), /no time to read all of these together with the words/);
      assert.equal(ports.clock.nAlarms, 0);
    }
    assert.deepEqual(asked, [0, 4, 0, 4, 6]);
  });

  it("says so where the model is not loaded by then, and ends with whoever leaves", async () => {
    const search = fakeSearch({
      lookAt: (_, run) => untilAborted(run),
      find: (_, run) => untilAborted(run),
    });
    const ports = fakePorts({}, { search });
    const calling = new ToolCaller(ports).call("find_images", { query: "dog" }, fakeRun());
    await settled();
    ports.clock.advance(45_000);
    await settled();
    ports.clock.advance(10_000);
    const answer = await calling;
    assert.ok(answer.isError);
    assert.match(answer.text, /^engine\.timeout: The search took too long\. It goes on/);
    const run = fakeRun();
    const left = new ToolCaller(ports).call("find_images", { query: "dog" }, run);
    await settled();
    run.controller.abort();
    await assert.rejects(left, { code: "request.cancelled" });
    assert.equal(ports.clock.nAlarms, 0);
  });

  it("warns of a model that knows drawings only, and refuses what is outside", async () => {
    const search = fakeSearch({
      folders: () => Promise.reject(new AppError("path.outside", "/etc is outside.")),
    });
    const outside = await new ToolCaller(fakePorts({}, { search })).call(
      "find_images",
      { query: "dog", folder: "/etc" },
      fakeRun(),
    );
    assert.deepEqual(outside, { isError: true, text: "path.outside: /etc is outside." });
    const demo = fakeSearch({ find: () => Promise.resolve({ model: "demo-itm", matches: [] }) });
    const found = await new ToolCaller(fakePorts({}, { search: demo })).call(
      "find_images",
      { query: "dog" },
      fakeRun(),
    );
    assert.match(JSON.stringify(found), /"warnings":\["[^"]+only/);
  });

  it("refuses wrong input", async () => {
    const caller = new ToolCaller(fakePorts({}, { search: fakeSearch() }));
    for (const [given, expected] of [
      [{}, /"query" is missing/],
      [{ query: "" }, /1 to 200/],
      [{ query: "x".repeat(201) }, /1 to 200/],
      [{ query: "a", limit: 0 }, /1 to 50/],
      [{ query: "a", limit: 51 }, /1 to 50/],
      [{ query: "a", limit: 1.5 }, /1 to 50/],
      [{ query: "a", folder: "data:image/png;base64,AA==" }, /"folder" .* a path/],
      [{ query: "a", rerank: 3 }, /has no "rerank"/],
    ] as const) {
      const answer = await caller.call("find_images", given, fakeRun());
      assert.ok(answer.isError, JSON.stringify(given));
      assert.match(answer.text, expected);
    }
  });
});
