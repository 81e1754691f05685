/** Derivatives of what only moves numbers. dY is the gradient of the result. */

import { defined, invariant } from "../../../base/assert";
import type { ValueName } from "../../../convert/graph/graphBuilder";
import type { Emitter, Rule } from "../emitter";
import { axisOf, intAttribute, intsAttribute, sizeOf, sliceBounds } from "../shapes";

/** The shape of before. */
const reshape: Rule = (e, [dY]) => (dY === undefined ? [] : [e.reshape(dY, e.shape(e.input(0)))]);

/** The inverse order of axes. */
const transpose: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const perm = intsAttribute(e.node, "perm");
  return [
    e.transpose(
      dY,
      perm.map((_, axis) => perm.indexOf(axis)),
    ),
  ];
};

/** Each part gets its piece. */
const concat: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const { inputs } = e.node;
  const first = e.shape(e.input(0));
  const axis = axisOf(intAttribute(e.node, "axis", 0), first);
  const sizes = inputs.map((value) => e.shape(value)[axis] ?? 0);
  return e.ops("Split", {
    inputs: [dY, e.ints(sizes)],
    outputs: sizes.length,
    attributes: { axis: { int: axis } },
  });
};

/** The pieces in their order, zeros for those that nothing reads. */
const split: Rule = (e, given) => {
  const axis = axisOf(intAttribute(e.node, "axis", 0), e.shape(e.input(0)));
  const pieces = given.map((gradient, i) => gradient ?? e.zeros(e.shape(e.output(i))));
  return [e.op("Concat", pieces, { axis: { int: axis } })];
};

/** Zeros around the piece, along one axis after the other. */
const slice: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const whole = e.shape(e.input(0));
  const axes = e.g.ints(e.input(3)).map((axis) => axisOf(axis, whole));
  const bounds = sliceBounds(e.node, e.g);
  let gradient = dY;
  axes.forEach((axis, i) => {
    const { begin, end } = defined(bounds[i], "The bounds of a slice");
    const rest = (length: number): string[] => {
      const shape = e.shape(gradient).map((dim, at) => (at === axis ? length : dim));
      return length === 0 ? [] : [e.zeros(shape)];
    };
    const parts = [...rest(begin), gradient, ...rest((whole[axis] ?? 0) - end)];
    if (parts.length > 1) gradient = e.op("Concat", parts, { axis: { int: axis } });
  });
  return [gradient];
};

/** Summed over what was repeated. */
const expand: Rule = (e, [dY]) =>
  dY === undefined ? [] : [e.unbroadcast(dY, e.shape(e.input(0)))];

/** Rows of a table: what was read of a row is added to it, however often it was read. */
const gather: Rule = (e, [dY]) => {
  if (dY === undefined) return [];
  const [table, rows] = [e.input(0), e.input(1)];
  const axis = intAttribute(e.node, "axis", 0);
  invariant(axis === 0, "Training differentiates no Gather along another axis than the first.");
  return [
    e.ifNeeded(0, () => {
      const shape = e.shape(table);
      const column = columnOf(e, rows);
      const updates = e.reshape(dY, [sizeOf(e.shape(rows)), ...shape.slice(1)]);
      const attributes = { reduction: { string: "add" } };
      return e.op("ScatterND", [e.zeros(shape), column, updates], attributes);
    }),
  ];
};

/** Numbers of rows as int64 [n, 1]. No accelerator reshapes or converts whole numbers of 64 bits. */
function columnOf(e: Emitter, rows: ValueName): ValueName {
  const shape = e.shape(rows);
  if (shape.length === 2 && shape[1] === 1 && !e.g.narrow.has(rows)) return rows;
  const narrow = e.g.narrow.has(rows) ? rows : e.op("Cast", [rows], { to: { int: INT32 } });
  return e.op("Cast", [e.reshape(narrow, [sizeOf(shape), 1])], { to: { int: INT64 } });
}

/** ONNX's numbers. */
const INT32 = 6;
const INT64 = 7;

export const SHAPE_RULES = {
  Reshape: reshape,
  Unsqueeze: reshape,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Expand: expand,
  Gather: gather,
} as const satisfies Readonly<Record<string, Rule>>;
