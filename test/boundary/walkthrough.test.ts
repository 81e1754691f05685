import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { STEP_KEYS } from "../../src/editor/shell/services";
import { SETTING_DEFAULTS } from "../../src/host/settings/settingValues";

interface Step {
  readonly id: string;
  readonly media: { readonly svg: string; readonly altText: string };
  readonly completionEvents: readonly string[];
}

const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly contributes: { readonly walkthroughs: readonly { readonly steps: readonly Step[] }[] };
};
const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
const words = ["package.nls.json", "package.nls.de.json"].flatMap((file) =>
  Object.entries(JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, string>>),
);

describe("the steps of the walkthrough", () => {
  it("say what their drawings show, and end when what they are about has happened", () => {
    assert.deepEqual(
      steps.map(({ id }) => id),
      ["model", "ask", "alt", "paste"],
    );
    for (const { id, media, completionEvents } of steps) {
      assert.equal(media.altText, `%walkthrough.${id}.altText%`);
      assert.ok(completionEvents.length > 0, id);
      for (const event of completionEvents) {
        const [kind, target = ""] = event.split(":");
        assert.equal(kind, "onContext", "a command that was run may have failed");
        const setting = /^config\.sightline\.(.+)$/.exec(target)?.[1];
        const keys: readonly string[] = Object.values(STEP_KEYS);
        assert.ok(
          setting === undefined ? keys.includes(target) : setting in SETTING_DEFAULTS,
          event,
        );
      }
    }
  });

  it("have no button that needs a document, because the walkthrough itself is in front", () => {
    const needy =
      /command:sightline\.(?:generateAltText|refineAltText|insertCaption|markAsDecorative)/;
    for (const [key, text] of words) {
      if (key.startsWith("walkthrough.")) assert.doesNotMatch(text, needy, key);
    }
  });
});

describe("the drawings of the walkthrough", () => {
  const drawings = steps.map(({ media }) => [media.svg, readFileSync(media.svg, "utf8")] as const);

  it("have no style of their own, which the editor's page drops and then draws all black", () => {
    for (const [file, drawing] of drawings) {
      assert.doesNotMatch(drawing, /<style|\sstyle=|\sclass=|<script|<image|href=/i, file);
      for (const [shape] of drawing.matchAll(/<(?:rect|circle|text)\b[^>]*>/g)) {
        assert.match(shape, /\sfill="/, `${file}: ${shape}`);
      }
    }
  });

  it("take their colours from the theme, each with one for pages that know no theme", () => {
    for (const [file, drawing] of drawings) {
      assert.ok((drawing.match(/var\(--vscode-/g) ?? []).length > 10, file);
      assert.doesNotMatch(drawing, /var\(--[\w-]+\)/, file);
    }
  });
});
