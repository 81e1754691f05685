import assert from "node:assert/strict";
import {
  CANNOT,
  CAPABILITIES,
  type Capability,
  capabilityFor,
  cannotText,
} from "../../../../src/model/ask/capabilities";
import { MODEL_KINDS } from "../../../../src/model/ask/kinds";

describe("what a model can be asked for", () => {
  it("is said of every kind, each of which can do something of its own", () => {
    const rows = MODEL_KINDS.map((kind) => Object.values(CAPABILITIES[kind]).join());
    assert.equal(new Set(rows).size, MODEL_KINDS.length);
    for (const kind of MODEL_KINDS) assert.ok(Object.values(CAPABILITIES[kind]).includes(true));
  });

  it("can be found for each capability in some kind", () => {
    for (const capability of Object.keys(CANNOT) as Capability[]) {
      assert.ok(
        MODEL_KINDS.some((kind) => CAPABILITIES[kind][capability]),
        capability,
      );
    }
  });

  it("follows from the prompt, and a raw one asks for nothing but writing", () => {
    assert.equal(capabilityFor({ kind: "caption" }), "describes");
    assert.equal(capabilityFor({ kind: "question", question: "why?" }), "answers");
    assert.equal(capabilityFor({ kind: "chat", turns: [], question: "why?" }), "answers");
    assert.equal(capabilityFor({ kind: "raw", text: "" }), undefined);
  });

  it("is refused with the model's name and what to do", () => {
    assert.equal(
      cannotText("tiny", "scores"),
      'The model "tiny" does not compare pictures with texts. Choose an image-text matching model.',
    );
  });
});
