/** What a model of each kind can be asked for, and what is said where it cannot: the one table of both. */

import type { ModelKind } from "./kinds";
import { type Task, taskOf } from "./modelSets";
import type { Prompt } from "./request";

export interface Capabilities {
  /** Writes what a picture shows. */
  readonly describes: boolean;
  readonly answers: boolean;
  /** Compares pictures with texts. */
  readonly scores: boolean;
  /** Chooses among given answers. */
  readonly ranks: boolean;
}

export type Capability = keyof Capabilities;

export const CAPABILITIES: Readonly<Record<ModelKind, Capabilities>> = {
  generation: { describes: true, answers: true, scores: false, ranks: false },
  captioning: { describes: true, answers: false, scores: false, ranks: false },
  answering: { describes: false, answers: true, scores: false, ranks: true },
  retrieval: { describes: false, answers: false, scores: true, ranks: false },
  stage1: { describes: true, answers: false, scores: true, ranks: false },
};

/** What a prompt needs of a model; undefined for a raw one, which every model that writes can continue. */
export function capabilityFor(prompt: Prompt): Task | undefined {
  return prompt.kind === "raw" ? undefined : taskOf(prompt);
}

/** In English; the editor has its words in its own languages. */
export const CANNOT: Readonly<Record<Capability, string>> = {
  describes:
    'does not describe pictures. Choose the set "blip-base", a captioning model or a BLIP-2 model',
  answers:
    'does not answer questions. Choose the set "blip-base", a question model or a BLIP-2 model',
  scores: "does not compare pictures with texts. Choose an image-text matching model",
  ranks: "does not choose among given answers. Choose a question model",
};

/** One sentence and what to do, about a model by its name. */
export function cannotText(model: string, capability: Capability): string {
  return `The model "${model}" ${CANNOT[capability]}.`;
}
