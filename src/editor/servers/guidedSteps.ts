/** A guided flow: one list or one field after the other, with a way back to the one before. */

import * as vscode from "vscode";

/** Where a step stands among the others. */
export interface StepPlace {
  readonly title: string;
  /** From 1. */
  readonly step: number;
  readonly totalSteps: number;
}

/** What somebody did in a step: `next` after an answer, which the step has kept; or the number of another step. */
export type StepEnd = "next" | "back" | "leave" | number;

/** Shows itself and keeps what was answered. */
export type Step = (place: StepPlace) => Promise<StepEnd>;

/** Goes through the steps. @returns false when somebody left. */
export async function goThrough(title: string, steps: readonly Step[]): Promise<boolean> {
  const totalSteps = steps.length;
  for (let step = 1; ;) {
    const end = await steps[step - 1]?.({ title, step, totalSteps });
    if (end === undefined) return true;
    if (end === "leave") return false;
    step = typeof end === "number" ? end : end === "back" ? Math.max(1, step - 1) : step + 1;
  }
}

export interface ChoiceStep<T> {
  readonly placeholder: string;
  readonly items: readonly (vscode.QuickPickItem & { readonly value: T })[];
  /** The line that the keyboard is on at first. @default the first */
  readonly isActive?: (value: T) => boolean;
}

/** A list of which one line is taken. */
export async function chooseStep<T>(
  place: StepPlace,
  { placeholder, items, isActive }: ChoiceStep<T>,
  take: (value: T) => void,
): Promise<StepEnd> {
  const picker = vscode.window.createQuickPick<ChoiceStep<T>["items"][number]>();
  Object.assign(picker, place, { placeholder, ignoreFocusOut: true });
  picker.matchOnDescription = true;
  picker.items = items;
  const active = items.find(({ value }) => isActive?.(value) === true);
  if (active !== undefined) picker.activeItems = [active];
  return await ending(picker, place, (end) => {
    picker.onDidAccept(() => {
      const [item] = picker.selectedItems;
      if (item === undefined) return;
      take(item.value);
      end("next");
    });
  });
}

export interface TextStep {
  readonly prompt: string;
  readonly value: string;
  /** @default false */
  readonly password?: boolean;
  /** What is wrong with it, said while somebody types; undefined where nothing is. */
  readonly problemOf: (text: string) => string | undefined;
}

/** A field; what is wrong with its text is said below it, and cannot be accepted. */
export async function textStep(
  place: StepPlace,
  { prompt, value, password = false, problemOf }: TextStep,
  take: (text: string) => void,
): Promise<StepEnd> {
  const box = vscode.window.createInputBox();
  Object.assign(box, place, { prompt, value, password, ignoreFocusOut: true });
  return await ending(box, place, (end) => {
    box.onDidChangeValue((text) => {
      // Nothing is wrong with what nobody has begun.
      box.validationMessage = text.trim() === "" ? undefined : problemOf(text.trim());
    });
    box.onDidAccept(() => {
      const text = box.value.trim();
      box.validationMessage = problemOf(text);
      if (box.validationMessage !== undefined) return;
      take(text);
      end("next");
    });
  });
}

/** Shows a list or a field until somebody has answered, gone back or left. */
async function ending(
  shown: vscode.QuickInput & Pick<vscode.InputBox, "buttons" | "onDidTriggerButton">,
  { step }: StepPlace,
  listen: (end: (how: StepEnd) => void) => void,
): Promise<StepEnd> {
  if (step > 1) shown.buttons = [vscode.QuickInputButtons.Back];
  try {
    return await new Promise<StepEnd>((resolve) => {
      listen(resolve);
      shown.onDidTriggerButton(() => {
        resolve("back");
      });
      shown.onDidHide(() => {
        resolve("leave");
      });
      shown.show();
    });
  } finally {
    shown.dispose();
  }
}
