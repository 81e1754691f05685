/** What the extension tells the page of a review, in tests. */

import type {
  ProposalsView,
  ReviewItemView,
  ReviewQueueView,
} from "../../src/protocol/views/reviewMessages";

export function itemView(id: string, more: Partial<ReviewItemView> = {}): ReviewItemView {
  return {
    id,
    file: "page.md",
    line: 3,
    name: `${id}.png`,
    rule: "missing",
    ruleTitle: "A picture has no text",
    message: `What is wrong with ${id}.`,
    source: { before: "# Title\n\n", picture: `![](${id}.png)`, after: "\n\nMore." },
    can: { text: true, decorative: true, suppress: true },
    ...more,
  };
}

export function queueView(
  items: readonly ReviewItemView[],
  more: Partial<ReviewQueueView> = {},
): ReviewQueueView {
  return {
    scope: "docs",
    nDocuments: 7,
    items,
    decisions: [],
    nLost: 0,
    unread: [],
    longFrom: 250,
    canUndoApplied: false,
    ...more,
  };
}

export function proposalsView(...texts: readonly string[]): ProposalsView {
  return { state: "done", texts: texts.map((text) => ({ text, doubts: [] })) };
}
