/** The calls that docs/AGENTS.md shows, one of each tool: what is asked, where, and how an answer is written down. */

/** Stands for whatever folder a test has. */
const FOLDER = "/home/me/site";

export const PAGE_NAME = "page.md";
/** The three samples lie in `pictures` beside it. */
export const PAGE =
  "# Shapes\n\n![](pictures/four-shapes.png)\n\n![image](pictures/red-circle.png)\n";

/** Relative to the folder. */
export const AGENT_CALLS: Readonly<Record<string, object>> = {
  describe_image: { images: ["pictures/red-circle.png", "pictures/two-stars.png"] },
  ask_image: { image: "pictures/four-shapes.png", question: "what is at the top left?" },
  find_images: { query: "a red circle" },
  score_image_text: {
    image: "pictures/two-stars.png",
    texts: [
      "a large green triangle, a large yellow star and a small yellow star on a cream background",
      "a dog on a beach",
    ],
  },
  audit_alt_text: { paths: ["page.md"] },
};

/** Processors differ in the last digits of what a model computes. */
const TOLERANCE = 0.05;

/** The answer as it is written down: numbers rounded, the folder that of the documentation. */
export function writtenAnswer(answer: unknown, folder: string): unknown {
  const text = JSON.stringify(answer).replaceAll(JSON.stringify(folder).slice(1, -1), FOLDER);
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === "number" ? Math.round(value * 1000) / 1000 : value,
  );
}

/** What an answer says beside what is written down; empty where it is the same but for the last digits. */
export function differences(answer: unknown, written: unknown, place = "answer"): string[] {
  if (typeof answer === "number" && typeof written === "number") {
    return Math.abs(answer - written) <= TOLERANCE ? [] : [`${place}: ${answer}, not ${written}`];
  }
  if (typeof answer !== "object" || typeof written !== "object" || !answer || !written) {
    if (answer === written) return [];
    return [`${place}: ${JSON.stringify(answer)}, not ${JSON.stringify(written)}`];
  }
  const [given, known] = [answer, written] as Record<string, unknown>[];
  return [...new Set([...Object.keys(answer), ...Object.keys(written)])].flatMap((key) =>
    differences(given?.[key], known?.[key], `${place}.${key}`),
  );
}

/** Whoever shows an answer: the server to MCP Inspector, or the editor to its own models. */
export type Shower = "server" | "editor";

/** The block of a tool in the documentation; its first line names both, and readers do not see it. */
function blockOf(tool: string, shower: Shower | "input"): RegExp {
  return new RegExp(`(\`\`\`json ${tool} ${shower}\\n)([^\`]*)(\`\`\`)`);
}

/** @throws where the documentation has no such block. */
export function shownIn(markdown: string, tool: string, shower: Shower | "input"): unknown {
  const [, , json] = blockOf(tool, shower).exec(markdown) ?? [];
  if (json === undefined) throw new Error(`docs/AGENTS.md has no block "${tool} ${shower}".`);
  return JSON.parse(json);
}

/** The documentation with another answer, or with the answer of somebody new. */
export function withShown(
  markdown: string,
  tool: string,
  [shower, value]: readonly [Shower | "input", unknown],
): string {
  const json = `${JSON.stringify(value, undefined, 2)}\n`;
  const block = blockOf(tool, shower);
  return markdown.replace(block, (whole) => whole.replace(/\n[^`]*/, () => `\n${json}`));
}
