/**
 * Whether this processor multiplies unsigned activations by signed weights rightly. On x64 without VNNI,
 * ONNX Runtime adds the products of two pairs in 16 bits, which overflow (its "Quantize ONNX Models", on
 * U8S8). No list of processors is kept: a tiny product is computed.
 */

import { saturationGraph } from "./probeGraphs";
import { floats, type SessionFactory } from "../session/session";

/**
 * What was found out, for as long as the process lives. It is not kept in a file as the device is: the
 * product takes a few milliseconds, and the host of a virtual machine can be another processor after a
 * restart, which bears the same name.
 */
const known = new WeakMap<SessionFactory, Promise<boolean>>();

/** @throws AppError as `SessionFactory.open`, and as `Session.run`; the next call tries again. */
export function doProductsSaturate(factory: SessionFactory): Promise<boolean> {
  const before = known.get(factory);
  if (before !== undefined) return before;
  const finding = findOut(factory);
  known.set(factory, finding);
  finding.catch(() => known.delete(factory));
  return finding;
}

/** Of one row and of several, which have kernels of their own. */
const ROWS = [1, 7];

async function findOut(factory: SessionFactory): Promise<boolean> {
  const { graph, feedsOf, expected } = saturationGraph();
  const session = await factory.open(graph, { device: "cpu" });
  try {
    for (const rows of ROWS) {
      const [output] = Object.values(await session.run(feedsOf(rows)));
      // Written so that a result that is not a number counts as wrong. One that overflows is half.
      if (!floats(output).every((value) => Math.abs(value / expected - 1) < 1e-3)) return true;
    }
    return false;
  } finally {
    await session.release();
  }
}
