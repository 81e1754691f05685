import assert from "node:assert/strict";
import { rulesOfCode } from "../../../src/audit/foreignRules";
import { RULES } from "../../../src/audit/ruleTable";

describe("the rules of other tools", () => {
  const MISSING = [
    ...["MD045", "MD045/no-alt-text", "jsx-a11y/alt-text", "image-alt", "a11y_missing_attribute"],
    ...["vuejs-accessibility/alt-text", "lint/a11y/useAltText", "astro/jsx-a11y/alt-text"],
    ...["a11y-missing-attribute", "jsx-a11y(alt-text)", "@html-eslint/require-img-alt"],
    ...["@angular-eslint/template/alt-text", "alt-require", "axe/text-alternatives", "wcag/h37"],
    ...["html-img-require-alt", "AsciiDoc.ImageContainsAltText"],
  ];
  for (const code of MISSING) {
    it(`has ${code} as a text that is missing`, () => {
      assert.deepEqual(rulesOfCode(code), ["missing"]);
    });
  }

  it("have others for what else is wrong", () => {
    assert.deepEqual(rulesOfCode("GH001"), ["filename"]);
    assert.deepEqual(rulesOfCode("jsx-a11y/img-redundant-alt"), ["redundant-prefix"]);
    assert.deepEqual(rulesOfCode("link-name"), ["link-unnamed"]);
  });

  it("are none where they are about something else", () => {
    for (const code of ["", "MD013", "no-alert", "2304", "jsx-a11y", "lint/a11y/useValidLang"]) {
      assert.deepEqual(rulesOfCode(code), [], code);
    }
  });

  it("are found by each name that the table has", () => {
    for (const { id, aliases } of RULES) {
      for (const alias of aliases) assert.ok(rulesOfCode(alias).includes(id), alias);
    }
  });
});
