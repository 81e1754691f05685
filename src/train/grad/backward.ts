/**
 * Reverse-mode differentiation of a graph: nodes are walked from the loss back, and each writes, by the rule
 * of its operator, the nodes that give its inputs' gradients. Only what leads to a wanted tensor gets any.
 */

import { AppError } from "../../base/errors";
import { invariant } from "../../base/assert";
import type { ValueName } from "../../convert/graph/graphBuilder";
import { Emitter, type Rule } from "./emitter";
import type { NamedNode, TrainingGraph } from "./trainingGraph";
import { CHANNELS_LAST_RULES } from "./channelsLast";
import { CONVOLUTION_RULES } from "./rules/convolution";
import { ELEMENTWISE_RULES } from "./rules/elementwise";
import { NORM_RULES } from "./rules/norms";
import { PRODUCT_RULES } from "./rules/products";
import { REDUCTION_RULES } from "./rules/reductions";
import { SHAPE_RULES } from "./rules/shapes";

/** The derivative of every operator that training knows. */
export const RULES: Readonly<Partial<Record<string, Rule>>> = {
  ...ELEMENTWISE_RULES,
  ...PRODUCT_RULES,
  ...NORM_RULES,
  ...REDUCTION_RULES,
  ...SHAPE_RULES,
  ...CONVOLUTION_RULES,
  ...CHANNELS_LAST_RULES,
};

/**
 * Adds the nodes that compute d loss / d tensor for each wanted one, and gives the names of their results.
 * A wanted tensor that the loss does not depend on has no entry: its gradient is zero.
 * @param loss A scalar.
 * @param rules @default RULES
 * @throws AppError `model.unsupported` naming an operator on the way that has no rule.
 */
export function backward(
  g: TrainingGraph,
  loss: ValueName,
  { wanted, rules = RULES }: { wanted: Iterable<string>; rules?: typeof RULES },
): ReadonlyMap<string, ValueName> {
  invariant(g.shape(loss).length === 0, "A loss is a scalar.");
  const nodes = [...g.allNodes];
  const needed = new Set(wanted);
  const names = [...needed];
  for (const { inputs, outputs } of nodes) {
    if (!inputs.some((input) => needed.has(input))) continue;
    for (const output of outputs) if (!g.stopped.has(output)) needed.add(output);
  }
  const gradients = new Gradients(g);
  gradients.add(loss, g.floatConstant("", 1));
  for (const node of nodes.reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    const given = node.outputs.map((output) => gradients.of(output));
    if (given.every((gradient) => gradient === undefined)) continue;
    const rule = rules[node.opType];
    if (rule === undefined) throw withoutRule(node);
    const isNeeded = node.inputs.map((input) => needed.has(input));
    rule(new Emitter(g, { node, isNeeded }), given).forEach((gradient, i) => {
      const input = node.inputs[i];
      if (gradient !== undefined && input !== undefined && isNeeded[i] === true) {
        gradients.add(input, gradient);
      }
    });
  }
  return new Map(
    names.flatMap((name) => {
      const gradient = gradients.of(name);
      return gradient === undefined ? [] : [[name, gradient] as const];
    }),
  );
}

/** What flows back to each value, from all that read it. */
class Gradients {
  readonly #g: TrainingGraph;
  readonly #parts = new Map<ValueName, ValueName[]>();

  constructor(g: TrainingGraph) {
    this.#g = g;
  }

  add(value: ValueName, gradient: ValueName): void {
    const parts = this.#parts.get(value);
    if (parts === undefined) this.#parts.set(value, [gradient]);
    else parts.push(gradient);
  }

  of(value: ValueName): ValueName | undefined {
    const [first, ...others] = this.#parts.get(value) ?? [];
    if (first === undefined || others.length === 0) return first;
    const sum = others.reduce(
      (a, b) => this.#g.node(`/grad/sum`, { opType: "Add", inputs: [a, b] }),
      first,
    );
    this.#parts.set(value, [sum]);
    return sum;
  }
}

function withoutRule({ opType, outputs }: NamedNode): AppError {
  return new AppError(
    "model.unsupported",
    `The operator ${opType} (${outputs[0] ?? ""}) has no derivative here, so what is before it cannot be ` +
      "trained. Add a rule to src/train/grad/rules.",
    { detail: { operator: opType } },
  );
}
