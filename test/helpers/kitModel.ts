/** Models that the tests convert themselves from the checkpoints of the reference kits. */

import { existsSync, readdirSync, rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { convertModel } from "../../src/convert/convertModel";
import { fixturePath, kitPath } from "./fixtures";

/** Every kit below test/fixtures/kits. */
export const KITS: readonly string[] = readdirSync(fixturePath("kits"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

// Each test file is a bundle with variables of its own, so that the files of one process find each
// other's models only by a name. The time tells this process from an earlier one with the same id.
const root = path.join(
  tmpdir(),
  `sightline-test-${process.pid}-${Math.round(performance.timeOrigin)}`,
);

process.once("exit", () => {
  rmSync(root, { recursive: true, force: true });
});

/**
 * The folder of a kit's model, converted once per process. Must not be changed; see `copyOfKitModel`.
 * @param precision As `convert --precision`.
 */
export async function kitModel(kit: string, precision = "f32"): Promise<string> {
  const out = path.join(root, "models", `${kit}-${precision.replace(/[^a-z0-9]/g, "-")}`);
  // The converter renames at the end, so a folder that is there is complete.
  if (!existsSync(out)) {
    await convertModel({ checkpoint: kitPath(kit, "checkpoint"), out, precision });
  }
  return out;
}

/** A copy that a test may damage. */
export async function copyOfKitModel(kit: string): Promise<string> {
  const copy = path.join(await temporaryFolder(), kit);
  await cp(await kitModel(kit), copy, { recursive: true });
  return copy;
}

/** A new folder that is gone when the process ends. */
export async function temporaryFolder(): Promise<string> {
  await mkdir(root, { recursive: true });
  return mkdtemp(path.join(root, "folder-"));
}

/** The models of the set `blip-base` in a store, made from the kits of their classes. */
export async function storeBlipSet(home: string): Promise<void> {
  const members = { "blip-vqa-base": "blip-vqa", "blip-image-captioning-base": "blip-caption" };
  for (const [name, kit] of Object.entries(members)) {
    const folder = path.join(home, "models", name);
    await cp(await kitModel(kit), folder, { recursive: true });
    const file = path.join(folder, "manifest.json");
    const manifest = JSON.parse(await readFile(file, "utf8")) as { source: { name: string } };
    manifest.source.name = name;
    await writeFile(file, JSON.stringify(manifest));
  }
}
