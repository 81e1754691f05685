/** The derivative of a convolution. dY is the gradient of the result. */

import { invariant } from "../../../base/assert";
import type { Rule } from "../emitter";
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

export const CONVOLUTION_RULES = { Conv: conv } as const satisfies Readonly<Record<string, Rule>>;
