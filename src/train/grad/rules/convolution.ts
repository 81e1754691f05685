/** The derivative of a convolution. dY is the gradient of the result. */

import { invariant } from "../../../base/assert";
import type { Emitter, Rule } from "../emitter";
import { convolutionOf } from "../shapes";

/**
 * Y = X ∗ W + b, [B, C, H, W] with [O, C, kh, kw]:
 * dX = dY turned back through W (ConvTranspose), db = Σ dY over batch and places, and
 * dW[o, c] = Σ over the batch of X[:, c] correlated with dY[:, o]: a convolution in which batch and channels
 * have changed places and the stride spreads dY.
 */
const conv: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const [x, w] = [e.input(0), e.input(1)];
  const { strides, pads } = convolutionOf(e.node);
  const [, , height = 0, width = 0] = e.shape(x);
  const [, , kh = 0, kw = 0] = e.shape(w);
  const isWhole = [height + 2 * pads[0] - kh, width + 2 * pads[1] - kw].every(
    (rest, i) => rest % (strides[i] ?? 1) === 0,
  );
  invariant(isWhole, "Training needs convolutions that reach the last row and column.");
  const around = { ints: [pads[0], pads[1], pads[0], pads[1]] };
  return [
    e.ifNeeded(0, () =>
      e.op("ConvTranspose", [dY, w], { strides: { ints: strides }, pads: around }),
    ),
    e.ifNeeded(1, () => {
      if (kh === strides[0] && kw === strides[1] && Math.max(...pads) === 0) {
        return patchesBack(e, { x, dY, kernel: [kh, kw] });
      }
      const [channels, gradients] = [x, dY].map((value) => e.transpose(value, [1, 0, 2, 3])) as [
        string,
        string,
      ];
      const turned = e.op("Conv", [channels, gradients], {
        dilations: { ints: strides },
        pads: around,
      });
      return e.transpose(turned, [1, 0, 2, 3]);
    }),
    e.ifNeeded(2, () => e.sum(dY, [0, 2, 3], false)),
  ];
};

/** Of patches that lie beside each other, each of which is read once: dW = dYᵀ·patches, one product of matrices. */
function patchesBack(
  e: Emitter,
  { x, dY, kernel: [kh, kw] }: { x: string; dY: string; kernel: readonly [number, number] },
): string {
  const [batch = 1, channels = 1] = e.shape(x);
  const [, outputs = 1, rows = 1, columns = 1] = e.shape(dY);
  const apart = e.reshape(x, [batch, channels, rows, kh, columns, kw]);
  const nPatches = batch * rows * columns;
  const patches = e.reshape(e.transpose(apart, [0, 2, 4, 1, 3, 5]), [
    ...[nPatches, channels * kh * kw],
  ]);
  const flat = e.reshape(e.transpose(dY, [0, 2, 3, 1]), [nPatches, outputs]);
  const product = e.op("Gemm", [flat, patches], { transA: { int: 1 } });
  return e.reshape(product, [outputs, channels, kh, kw]);
}

export const CONVOLUTION_RULES = { Conv: conv } as const satisfies Readonly<Record<string, Rule>>;
