import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { silentLogger } from "../../src/base/logger";
import { convertModel } from "../../src/convert/convertModel";
import { loadEngine, type Blip2Engine } from "../../src/engine/blip2Engine";
import { cosinesOf, recallsOf } from "../../src/train/run/recall";
import {
  readMeanings,
  readStyle,
  type Style,
  UNSEEN_STYLE,
} from "../../src/world/drawings/meanings";

/** Every so manyth meaning is shown. */
const EACH = 15;

describe("the demo model that compares", function () {
  // Hundreds of drawings are looked at; a hang ends here.
  this.timeout(600_000);
  let temporary: string;
  let engine: Blip2Engine;

  let styles: readonly Style[];

  before(async () => {
    const names = ["noto", "twemoji", "fluent-emoji-flat", UNSEEN_STYLE];
    styles = await Promise.all(names.map(readStyle));
    temporary = await mkdtemp(path.join(tmpdir(), "sightline-demo-itm-"));
    const folder = path.join(temporary, "model");
    const checkpoint = path.resolve("models", "demo-itm");
    await convertModel({ checkpoint, out: folder, precision: "f32" });
    engine = await loadEngine({ folder, device: "cpu", logger: silentLogger });
  });
  after(async () => {
    await engine.release();
    await rm(temporary, { recursive: true });
  });

  /** Shares of the names and drawings that are found among about a hundred. */
  async function recallIn(styleName: string): Promise<Record<string, number>> {
    const style = styles.find(({ name }) => name === styleName);
    const meanings = [...(await readMeanings(styles))].filter((_, i) => i % EACH === 0);
    const pictures: Float32Array[] = [];
    const texts: Float32Array[] = [];
    for (const [slug, { label }] of meanings) {
      const drawing = style?.drawings.get(slug);
      assert.ok(drawing !== undefined, slug);
      const { body, width, height } = drawing;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="96" height="96" viewBox="0 0 ${width} ${height}"><rect width="100%" height="100%" fill="white"/><g color="#222">${body}</g></svg>`;
      pictures.push((await engine.embedPicture({ image: Buffer.from(svg) })).vectors);
      texts.push((await engine.embedText(label)).vector);
    }
    assert.ok(meanings.length > 90);
    return recallsOf(cosinesOf({ pictures, texts }), {});
  }

  // Chance is 0.01 and 0.1; measured: see models/README.md.
  for (const { style, first, tenth } of [
    { style: "twemoji", first: 0.9, tenth: 0.98 },
    { style: UNSEEN_STYLE, first: 0.62, tenth: 0.85 },
  ]) {
    it(`finds names by drawings and drawings by names among a hundred: ${style}`, async () => {
      const figures = await recallIn(style);
      for (const way of ["text→picture", "picture→text"]) {
        assert.ok(figures[`${way} R@1`]! >= first, JSON.stringify(figures));
        assert.ok(figures[`${way} R@10`]! >= tenth, JSON.stringify(figures));
      }
    });
  }
});
