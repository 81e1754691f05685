import assert from "node:assert/strict";
import { AppError } from "../../../../src/base/errors";
import { createStatusBar } from "../../../../src/editor/engine/statusBar";
import { settled } from "../../../helpers/chatFakes";
import { until } from "../../../helpers/waiting";
import { createModelWorld, type ModelWorld } from "../../../helpers/modelServices";
import { fakeEditor, focusWindow, resetFakeEditor } from "../../../helpers/editor/fakeEditor";
import type { FakeStatusItem } from "../../../helpers/editor/windowParts";

describe("the item in the status bar", () => {
  beforeEach(resetFakeEditor);

  it("is there from the start and opens the menu", () => {
    const { item } = create();
    assert.equal(item.isShown, true);
    assert.equal(item.text, "$(eye) Sightline");
    assert.equal(item.command, "sightline.showMenu");
  });

  it("follows the engine until it is disposed of", () => {
    const { world, item, dispose } = create();
    const model = "demo";
    world.tell({ kind: "loading", model, progress: { doneBytes: 1e6, totalBytes: 4e6 } });
    assert.equal(item.text, "$(loading~spin) Sightline 25%");
    assert.match(item.accessibilityInformation?.label ?? "", /1\.0 of 4\.0 MB \(25%\)/);
    world.tell({ kind: "ready", model });
    assert.equal(item.text, "$(eye) Sightline");
    dispose();
    world.tell({ kind: "busy", model });
    assert.equal(item.text, "$(eye) Sightline");
    assert.equal(item.isDisposed, true);
  });

  it("shows no percentage of a load that has not told any", () => {
    const { world, item } = create();
    world.tell({ kind: "loading", model: "demo" });
    assert.equal(item.text, "$(loading~spin) Sightline");
  });

  it("says what an answer waits for", () => {
    const { world, item } = create();
    const label = () => item.accessibilityInformation?.label;
    world.tell({ kind: "busy", model: "opt" });
    assert.equal(label(), "Sightline: Answering.");
    world.tell({ kind: "busy", model: "opt", step: "look" });
    assert.equal(label(), "Sightline: Looking at the picture.");
    world.tell({ kind: "busy", model: "opt", step: "write" });
    assert.equal(label(), "Sightline: Writing the answer.");
    assert.match(item.tooltip?.value ?? "", /Writing the answer\./);
  });

  it("tells a load from the preparation of a model", () => {
    const { world, item } = create();
    const progress = { doneBytes: 1e9, totalBytes: 4e9, step: "load" } as const;
    world.tell({ kind: "loading", model: "opt", progress });
    const label = item.accessibilityInformation?.label;
    assert.equal(label, "Sightline: The model is being loaded: 1.0 of 4.0 GB (25%).");
  });

  it("says which model computes where, why there, and what it takes", async () => {
    const { world, item } = create();
    const deviceReason = { code: "asked", device: "cpu" } as const;
    const facts = { device: "cpu", deviceReason, rssBytes: 1.2e9, precision: "small" } as const;
    world.tell({ kind: "ready", model: "/a/b", ...facts });
    const tooltip = (): string => item.tooltip?.value ?? "";
    await until(() => tooltip().includes("asked for by name"), "for the reason");
    assert.equal(
      item.tooltip?.value,
      "**Sightline**\n\nReady.\n\nModel: b\n\nPrecision: small\n\nDevice: CPU\n\nCPU was asked for by name.\n\nMemory: 1.2 GB",
    );
    assert.equal(item.accessibilityInformation?.label, "Sightline: Ready.");
    world.tell({ kind: "ready", model: "blip-base", member: "blip-vqa-base" });
    assert.match(tooltip(), /^Model: BLIP base \\\(blip\\-vqa\\-base\\\)$/m);
  });

  it("tells what others hold, looked at when the window gets the focus or the engine changes", async () => {
    const { world, item, dispose } = create();
    const tooltip = (): string => item.tooltip?.value ?? "";
    const other = { pid: 1, address: "a", model: "opt", bytes: 2.9e9 } as const;
    world.others.push({ ...other, holder: "window", state: "ready" });
    await focusWindow({ focused: false });
    await settled();
    assert.ok(!tooltip().includes("holds"));
    await focusWindow({ focused: true });
    await settled();
    assert.match(tooltip(), /Another window's engine holds 2\.9 GB/);
    world.others.push({ ...other, holder: "command", bytes: 1.1e9, state: "busy" });
    world.tell({ kind: "ready", model: "demo" });
    await settled();
    assert.match(tooltip(), /2 engines of other windows and commands hold 4\.0 GB\./);
    world.others.length = 0;
    await focusWindow({ focused: true });
    await settled();
    assert.ok(!tooltip().includes("hold"));
    dispose();
    world.others.push({ ...other, holder: "window", state: "ready" });
    await focusWindow({ focused: true });
    await settled();
    assert.ok(!tooltip().includes("hold"));
  });

  it("asks others only when what they hold may have changed and somebody may read of it", async () => {
    const { world } = create();
    const asked = (): number => world.nAskedOthers;
    const before = asked();
    const model = "demo";
    for (const kind of ["starting", "loading"] as const) world.tell({ kind, model });
    assert.equal(asked() - before, 0);
    world.tell({ kind: "ready", model });
    assert.equal(asked() - before, 1);
    for (const kind of ["busy", "ready", "busy", "ready"] as const) world.tell({ kind, model });
    assert.equal(asked() - before, 1);
    world.tell({ kind: "off", model });
    assert.equal(asked() - before, 2);
    await focusWindow({ focused: false });
    world.tell({ kind: "ready", model });
    assert.equal(asked() - before, 2);
    await focusWindow({ focused: true });
    assert.equal(asked() - before, 3);
  });

  it("has the colour of an error only while the engine has failed", () => {
    const { world, item } = create();
    const error = new AppError("engine.exited", "The engine ended (signal SIGKILL).");
    world.tell({ kind: "failed", model: "demo", error });
    assert.equal(item.backgroundColor?.id, "statusBarItem.errorBackground");
    assert.equal(item.text, "$(error) Sightline");
    assert.match(item.accessibilityInformation?.label ?? "", /SIGKILL/);
    world.tell({ kind: "starting", model: "demo" });
    assert.equal(item.backgroundColor, undefined);
  });

  it("says where there is no engine, without alarm", () => {
    const { world, item } = create();
    const error = new AppError("device.unavailable", "There is no engine for linux-armhf.");
    world.tell({ kind: "unsupported", model: "demo", error });
    assert.equal(item.text, "$(circle-slash) Sightline");
    assert.equal(item.backgroundColor, undefined);
    assert.match(item.tooltip?.value ?? "", /no engine for linux/);
  });
});

describe("the menu", () => {
  beforeEach(resetFakeEditor);

  it("leads to every command that it names", async () => {
    const { showMenu } = create();
    const expected = [
      ["Ask about a picture…", "sightline.askAboutImage"],
      ["Open the chat", "sightline.openChat"],
      ["Manage models…", "sightline.manageModels"],
      ["Device: automatic", "workbench.action.openSettings"],
      ["Show the log", "sightline.showLog"],
      ["Show diagnostics", "sightline.showDiagnostics"],
      ["Restart the engine", "sightline.restartEngine"],
      ["Open the walkthrough", "sightline.openWalkthrough"],
    ] as const;
    for (const [choose] of expected) {
      fakeEditor.listSteps.push({ take: [choose] });
      await showMenu();
    }
    assert.deepEqual(
      fakeEditor.executed.map(([command]) => command),
      expected.map(([, command]) => command),
    );
    const labels = fakeEditor.lists[0]?.items
      .map(({ label }) => label)
      .filter((label) => label !== "");
    assert.deepEqual(
      labels,
      expected.map(([label]) => label),
    );
  });

  it("says what automatic has come to, and runs nothing when the user leaves", async () => {
    const { world, showMenu } = create();
    const gflops = { device: 300, cpu: 70 };
    const deviceReason = { code: "faster", device: "webgpu", gflops } as const;
    world.tell({ kind: "ready", model: "demo", device: "webgpu", deviceReason });
    await showMenu();
    const device = fakeEditor.lists[0]?.items.find(({ label }) => label.startsWith("Device"));
    assert.equal(device?.label, "Device: automatic, GPU (WebGPU) at present");
    assert.equal(
      device.description,
      "GPU (WebGPU) is used because it is faster here (300.0 against the CPU's 70.0 GFLOPS).",
    );
    assert.deepEqual(fakeEditor.executed, []);
  });
});

interface Created {
  readonly world: ModelWorld;
  readonly item: FakeStatusItem;
  readonly dispose: () => void;
  readonly showMenu: () => Promise<void>;
}

function create(): Created {
  const world = createModelWorld();
  const feature = createStatusBar(world.services);
  const item = fakeEditor.statusItems[0];
  assert.ok(item !== undefined);
  return {
    world,
    item,
    dispose: () => {
      feature.dispose();
    },
    showMenu: async () => {
      await feature.commands["sightline.showMenu"]?.();
    },
  };
}
