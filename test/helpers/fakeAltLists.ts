/** What the fake editor for documents shows in lists, and what a test says that the user does there. */

export interface FakeItem {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly picked?: boolean;
  readonly buttons?: readonly unknown[];
}

/** A list as it was shown. */
export interface FakeList {
  readonly title: string;
  readonly items: readonly FakeItem[];
  readonly prompt?: string | undefined;
  readonly buttons?: readonly unknown[];
}

/**
 * What the user does in a list: takes lines by label, or those that are ticked already; presses the
 * button of a line; leaves. Called with the lines that are there.
 */
export type ListStep = (
  items: readonly FakeItem[],
) =>
  | { readonly take: readonly string[]; readonly after?: () => void }
  | { readonly takeTicked: true }
  | { readonly button: string }
  | "leave";
