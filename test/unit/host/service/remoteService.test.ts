import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import type { RemoteWay } from "../../../../src/host/service/remoteWay";
import type { GraphTarget, LoadRequest } from "../../../../src/model/ask/models";
import {
  ask,
  type Created,
  createService,
  methods,
  rejectsWith,
  turn,
} from "../../../helpers/engineWorld";
import { REMOTE_TARGET } from "../../../helpers/remoteTarget";

const REMOTE = { model: "remote:gpu", device: "auto" } as const;
const GRAPHS: GraphTarget = {
  endpoint: {
    ...{ name: "graphs", url: "https://gpu.example", dialect: "kserve", model: "itm" },
    ...{ maxParallel: 4, timeoutSeconds: 120 },
  },
  token: "abc",
};

describe("a server that was chosen in the place of a model", () => {
  let created: Created;
  let asked: string[];
  let permit: RemoteWay["permit"];
  let loads: LoadRequest[];
  let finder: string | undefined;
  let permitGraphs: () => Promise<GraphTarget>;

  beforeEach(() => {
    asked = [];
    loads = [];
    finder = undefined;
    permitGraphs = () => Promise.resolve(GRAPHS);
    permit = () => Promise.resolve(REMOTE_TARGET);
    created = createService({
      remote: {
        permit: (model) => {
          asked.push(model);
          return permit(model);
        },
        permitGraphs: () => {
          if (finder !== undefined) asked.push(finder);
          return finder === undefined ? Promise.resolve(undefined) : permitGraphs();
        },
      },
    });
    created.world.beforeLoad = (params) => {
      loads.push(params);
      return Promise.resolve();
    };
  });

  it("is asked in a process of its own, once the user agreed", async () => {
    const { service, choose, started } = created;
    choose(REMOTE);
    assert.equal(service.status.server, "gpu");
    assert.equal(await ask(service), "remote:gpu on cpu");
    assert.deepEqual(started, ["remote"]);
    assert.deepEqual(loads[0]?.remote, REMOTE_TARGET);
    assert.equal(service.status.kind, "ready");
    const nAsked = asked.length;
    await ask(service);
    assert.ok(asked.length > nAsked, "each question is one that the user may forbid");
    assert.equal(loads.length, 1);
    await service.dispose();
  });

  it("gets nothing, and no process is started, when the user would rather not", async () => {
    const { service, choose, started } = created;
    choose(REMOTE);
    permit = () => Promise.reject(new AppError("request.cancelled", "No."));
    await rejectsWith(ask(service), "request.cancelled");
    assert.deepEqual(started, []);
    assert.equal(service.status.kind, "off");
    await service.dispose();
  });

  it("gets nothing more when the user takes the consent back", async () => {
    const { service, choose, processes } = created;
    choose(REMOTE);
    await ask(service);
    permit = () => Promise.reject(new AppError("request.cancelled", "No."));
    await rejectsWith(ask(service), "request.cancelled");
    assert.deepEqual(methods(processes[0]), ["load", "generate"]);
    await service.dispose();
  });

  it("loses what it was asked when the user takes the consent back, and is there again when asked anew", async () => {
    const { service, choose, started, processes, world } = created;
    choose(REMOTE);
    let isAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    world.answer = () => {
      isAsked();
      return new Promise(() => undefined);
    };
    const question = ask(service);
    await asked;
    const [failed] = await Promise.allSettled([question, service.endRemote()]);
    assert.equal(
      failed.status === "rejected" && AppError.from(failed.reason).code,
      "request.cancelled",
    );
    assert.ok((processes[0]?.kills.length ?? 0) > 0, "nothing more leaves this machine");
    assert.equal(service.status.kind, "off");
    await service.endRemote();
    world.answer = undefined;
    assert.equal(await ask(service), "remote:gpu on cpu");
    assert.deepEqual(started, ["remote", "remote"]);
    await service.dispose();
  });

  it("is connected to anew when its token is another one", async () => {
    const { service, choose, processes } = created;
    choose(REMOTE);
    await ask(service);
    permit = () => Promise.resolve({ ...REMOTE_TARGET, token: "other" });
    await ask(service);
    assert.deepEqual(methods(processes[0]), ["load", "generate", "load", "generate"]);
    assert.equal(loads[1]?.remote?.token, "other");
    await service.dispose();
  });

  it("sees no picture before its question, and its failure is nobody else's", async () => {
    const { service, choose, world, started } = created;
    choose(REMOTE);
    await service.prepare({ image: new Uint8Array(1) });
    assert.deepEqual([started, asked], [[], []]);
    world.answer = () => Promise.reject(new AppError("remote.failed", "It did not answer."));
    await rejectsWith(ask(service), "remote.failed");
    assert.deepEqual(started, ["remote"], "nothing of this machine answered instead");
    await service.dispose();
  });

  it("leaves the model of this machine as it is, and gives way to it", async () => {
    const { service, choose, started, processes } = created;
    assert.equal(await ask(service), "demo on cpu");
    choose(REMOTE);
    assert.equal(await ask(service), "remote:gpu on cpu");
    choose({ model: "demo", device: "auto" });
    assert.equal(service.status.server, undefined);
    assert.equal(await ask(service), "demo on cpu");
    assert.deepEqual(started, ["answers", "remote"]);
    assert.equal(loads.at(-1)?.remote, undefined);
    processes[0]?.kill();
    processes[1]?.kill();
    await turn();
    assert.equal(await ask(service), "demo on cpu");
    await service.dispose();
  });

  it("takes the choice of whoever changes it while the user is asked", async () => {
    const { service, choose, started } = created;
    choose(REMOTE);
    permit = () => {
      choose({ model: "demo", device: "auto" });
      return Promise.resolve(REMOTE_TARGET);
    };
    assert.equal(await ask(service), "demo on cpu");
    assert.ok(started.includes("answers"));
    assert.equal(loads.length, 1);
    await service.dispose();
  });

  it("that runs graphs is named to the process that finds pictures, before each call that needs its model", async () => {
    const { service, processes, started } = created;
    finder = "remote:graphs";
    await service.call("indexSize", {});
    assert.deepEqual(asked, [], "what needs no model asks nobody");
    await service.call("knownPictures", { files: [], below: [] });
    await service.call("findPictures", { words: "a fox", k: 1 });
    assert.deepEqual(asked, ["remote:graphs", "remote:graphs"]);
    assert.deepEqual(started, ["search"]);
    const told = ["useGraphServer", "knownPictures", "useGraphServer", "findPictures"];
    assert.deepEqual(methods(processes[0]), ["indexSize", ...told]);
    permitGraphs = () => Promise.reject(new AppError("request.cancelled", "No."));
    await rejectsWith(service.call("findPictures", { words: "a", k: 1 }), "request.cancelled");
    assert.equal(methods(processes[0]).length, 5);
    await service.endRemote();
    assert.ok((processes[0]?.kills.length ?? 0) > 0, "nothing more leaves this machine");
    await service.dispose();
  });

  it("is asked for its models without losing the model of this machine", async () => {
    const { service, processes, started } = created;
    await ask(service);
    await service.call("serverModels", { name: "gpu", url: "https://a", dialect: "vllm" });
    assert.deepEqual(started, ["answers", "remote"]);
    processes[1]?.kill();
    await turn();
    assert.equal(service.status.kind, "ready");
    await ask(service);
    assert.equal(loads.length, 1);
    await service.dispose();
  });
});
