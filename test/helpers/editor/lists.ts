/** What the fake editor shows in lists, and what a test says that the user does there. */

import { fakeEditor } from "./fakeEditor";
import { FakeEmitter } from "./values";

export interface FakeItem {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly picked?: boolean;
  readonly iconPath?: unknown;
  readonly alwaysShow?: boolean;
  readonly buttons?: readonly { readonly tooltip: string }[];
}

/** A list as it was when the user did something in it. */
export interface FakeList {
  readonly title: string;
  readonly items: readonly FakeItem[];
  readonly prompt?: string | undefined;
  readonly placeholder?: string;
  readonly buttons?: readonly unknown[];
}

/**
 * Takes lines by label, or those that are ticked already; presses a button of a line, by default its
 * first; presses Enter on a line without ticking it; goes back by the list's own button; leaves, from the line that the keyboard is on; types,
 * after ticking lines, and goes on with the next step.
 */
type Action =
  | { readonly take: readonly string[]; readonly after?: () => void }
  | { readonly takeTicked: true }
  | { readonly button?: string; readonly of: string }
  | { readonly enter: string }
  | { readonly back: true }
  | { readonly leaveFrom: string }
  | { readonly type: string; readonly ticked?: readonly string[] }
  | "leave";

/** What the user does in a list, which may depend on the lines that are there. */
export type ListStep = Action | ((items: readonly FakeItem[]) => Action);

function nextAction(items: readonly FakeItem[]): Action {
  const step = fakeEditor.listSteps.shift() ?? "leave";
  return typeof step === "function" ? step(items) : step;
}

function itemCalled(items: readonly FakeItem[], label: string): FakeItem {
  const item = items.find((candidate) => candidate.label === label);
  const labels = items.map((candidate) => candidate.label).join(", ");
  if (item === undefined) throw new Error(`The list has no ${label}, but ${labels}`);
  return item;
}

export class FakeQuickPick {
  title = "";
  value = "";
  placeholder = "";
  prompt: string | undefined;
  canSelectMany = false;
  matchOnDescription = false;
  keepScrollPosition = false;
  buttons: readonly unknown[] = [];
  selectedItems: readonly FakeItem[] = [];
  activeItems: readonly FakeItem[] = [];
  readonly #accepted = new FakeEmitter<undefined>();
  readonly #hidden = new FakeEmitter<undefined>();
  readonly #activeChanged = new FakeEmitter<readonly FakeItem[]>();
  readonly #valueChanged = new FakeEmitter<string>();
  readonly #itemButtonPressed = new FakeEmitter<{ item: FakeItem; button: unknown }>();
  readonly #buttonPressed = new FakeEmitter<unknown>();
  readonly onDidAccept = this.#accepted.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidChangeActive = this.#activeChanged.event;
  readonly onDidChangeValue = this.#valueChanged.event;
  readonly onDidTriggerItemButton = this.#itemButtonPressed.event;
  readonly onDidTriggerButton = this.#buttonPressed.event;
  #items: readonly FakeItem[] = [];
  #isShown = false;
  #isBusy = false;
  #isAwaited = false;

  get items(): readonly FakeItem[] {
    return this.#items;
  }

  set items(items: readonly FakeItem[]) {
    this.#items = items;
    // As the editor does with lines that are drawn anew; headings cannot be reached.
    this.activeItems = items.filter((item) => !("kind" in item)).slice(0, 1);
    this.#awaitUser();
  }

  get busy(): boolean {
    return this.#isBusy;
  }

  set busy(isBusy: boolean) {
    this.#isBusy = isBusy;
    this.#awaitUser();
  }

  show(): void {
    this.#isShown = true;
    this.#awaitUser();
  }

  hide(): void {
    if (this.#isShown) void this.#hidden.fire(undefined);
    this.#isShown = false;
  }

  dispose(): void {
    this.hide();
  }

  /** The user types, whatever the list is doing. */
  async type(value: string): Promise<void> {
    this.value = value;
    await this.#valueChanged.fire(value);
  }

  /** A user is slower than the code that fills the list, and waits until everything is found. */
  #awaitUser(): void {
    if (this.#isAwaited || !this.#isShown || this.#items.length === 0) return;
    this.#isAwaited = true;
    setImmediate(() => {
      this.#isAwaited = false;
      if (this.#isShown && !this.#isBusy) void this.#act();
    });
  }

  async #act(): Promise<void> {
    const { title, items, prompt, placeholder, buttons } = this;
    fakeEditor.lists.push({ title, items, prompt, placeholder, buttons });
    const action = nextAction(items);
    if (action === "leave") {
      this.hide();
    } else if ("back" in action) {
      void this.#buttonPressed.fire(this.buttons[0]);
    } else if ("of" in action) {
      const item = itemCalled(items, action.of);
      const button = item.buttons?.find(({ tooltip }) => tooltip === (action.button ?? tooltip));
      if (button === undefined) {
        throw new Error(`${action.of} has no button ${action.button ?? ""}`);
      }
      void this.#itemButtonPressed.fire({ item, button });
    } else if ("leaveFrom" in action) {
      await this.#goTo(action.leaveFrom);
      this.hide();
    } else if ("type" in action) {
      this.selectedItems = items.filter(({ label }) => action.ticked?.includes(label));
      this.value = action.type;
      await this.#valueChanged.fire(action.type);
      this.#awaitUser();
    } else {
      if ("enter" in action) await this.#goTo(action.enter);
      if ("take" in action) {
        this.selectedItems = action.take.map((label) => itemCalled(items, label));
        await this.#goTo(...action.take.slice(0, 1));
        action.after?.();
      }
      void this.#accepted.fire(undefined);
    }
  }

  async #goTo(...labels: readonly string[]): Promise<void> {
    this.activeItems = labels.map((label) => itemCalled(this.#items, label));
    void this.#activeChanged.fire(this.activeItems);
    await new Promise(setImmediate);
  }
}

/** Typed into a field, it stands for the field's button that leads back. */
export const BACK = "<back>";

/** A field that a feature shows itself; what is wrong with a text keeps it open. */
export class FakeInputBox {
  title = "";
  step: number | undefined;
  value = "";
  prompt = "";
  password = false;
  validationMessage: string | undefined;
  buttons: readonly unknown[] = [];
  readonly #accepted = new FakeEmitter<undefined>();
  readonly #hidden = new FakeEmitter<undefined>();
  readonly #valueChanged = new FakeEmitter<string>();
  readonly #buttonPressed = new FakeEmitter<unknown>();
  readonly onDidAccept = this.#accepted.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidChangeValue = this.#valueChanged.event;
  readonly onDidTriggerButton = this.#buttonPressed.event;
  #isShown = false;

  show(): void {
    this.#isShown = true;
    setImmediate(() => void this.#act());
  }

  dispose(): void {
    if (this.#isShown) void this.#hidden.fire(undefined);
    this.#isShown = false;
  }

  async #act(): Promise<void> {
    while (this.#isShown) {
      const { title, value: before, prompt } = this;
      const typed = fakeEditor.typed.shift();
      const box = { title, value: before, prompt, problem: undefined as string | undefined };
      fakeEditor.boxes.push(box);
      if (typed === undefined) {
        this.dispose();
        return;
      }
      if (typed === BACK) {
        void this.#buttonPressed.fire(this.buttons[0]);
        return;
      }
      this.value = typed;
      await this.#valueChanged.fire(typed);
      await this.#accepted.fire(undefined);
      box.problem = this.validationMessage;
      if (this.validationMessage === undefined) return;
    }
  }
}

/** The editor's own list. */
export function showQuickPick(
  items: readonly FakeItem[],
  { title = "", canPickMany = false }: { title?: string; canPickMany?: boolean } = {},
): Promise<unknown> {
  fakeEditor.lists.push({ title, items });
  const action = nextAction(items);
  if (action === "leave") return Promise.resolve(undefined);
  if ("takeTicked" in action) {
    return Promise.resolve(items.filter(({ picked }) => picked === true));
  }
  if (!("take" in action)) throw new Error("This list has lines and nothing else.");
  const taken = action.take.map((label) => itemCalled(items, label));
  return Promise.resolve(canPickMany ? taken : taken[0]);
}
