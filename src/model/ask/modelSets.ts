/** Published models that are chosen as one, and which model a choice means for a task. */

import type { Prompt } from "./request";

/** What a prompt can ask for. */
export type Task = "answers" | "describes";

export interface ModelSet {
  /** What settings and `--model` call it; no model of the store has that name. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** A sentence without its full stop. */
  readonly goodAt: string;
  /** Names of the catalogue. */
  readonly members: Readonly<Record<Task, string>>;
}

/** Of BLIP, which has no published model that does both; the smallest first. */
export const MODEL_SETS: readonly ModelSet[] = [
  {
    ...{ name: "blip-base", title: "BLIP base" },
    goodAt: "Short answers and descriptions, by two small and fast models",
    members: { answers: "blip-vqa-base", describes: "blip-image-captioning-base" },
  },
  {
    ...{ name: "blip-large", title: "BLIP large" },
    goodAt: "As BLIP base, with better descriptions; still small",
    members: { answers: "blip-vqa-capfilt-large", describes: "blip-image-captioning-large" },
  },
];

/** Undefined for a model, the demo or a folder. */
export function setNamed(name: string): ModelSet | undefined {
  return MODEL_SETS.find((set) => set.name === name);
}

/** The models of a choice: those of a set, or the model itself. */
export function membersOf(choice: string): readonly string[] {
  const set = setNamed(choice);
  return set === undefined ? [choice] : Object.values(set.members);
}

/** What a prompt asks for; a raw one is taken for the beginning of a description. */
export function taskOf({ kind }: Prompt): Task {
  return kind === "question" || kind === "chat" ? "answers" : "describes";
}

const DOES: Readonly<Record<Task, string>> = {
  answers: "answers questions",
  describes: "describes pictures",
};

/** Says that the model for a task is not here; undefined where the choice is no set. */
export function missingText(choice: string, task: Task): string | undefined {
  const set = setNamed(choice);
  if (set === undefined) return undefined;
  return `${set.title} is not whole: its model "${set.members[task]}", which ${DOES[task]}, is not here. Get the rest of the set "${choice}".`;
}

/** The model that a choice means for a task; itself where it is no set. */
export function memberFor(choice: string, task: Task): string {
  return setNamed(choice)?.members[task] ?? choice;
}
