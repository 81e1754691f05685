import assert from "node:assert/strict";
import { readDataUri } from "../../../../src/alt/write/dataUri";
import { MAX_PICTURE_BYTES } from "../../../../src/model/ask/pictureSize";

const bytesIn = (uri: string): string => {
  const read = readDataUri(uri);
  assert.ok(typeof read !== "string", String(read));
  return Buffer.from(read).toString("latin1");
};

describe("readDataUri", () => {
  it("reads base64, also with escapes and without a type", () => {
    assert.equal(bytesIn("data:image/png;base64,QUJD"), "ABC");
    assert.equal(bytesIn("data:image/png;base64,QUI%3D"), "AB");
    assert.equal(bytesIn("data:;base64,QUJD"), "ABC");
    assert.equal(bytesIn("data:image/png;charset=x;BASE64,QUJD"), "ABC");
  });

  it("reads text, as SVG is written", () => {
    assert.equal(bytesIn("data:image/svg+xml,%3Csvg%20/%3E"), "<svg />");
    const letter = Buffer.from("\u00e9", "utf8").toString("latin1");
    assert.equal(bytesIn("data:image/svg+xml,\u00e9%C3%A9"), letter + letter);
  });

  it("reads bytes that are no text, and escapes that are none as they stand", () => {
    assert.equal(bytesIn("data:image/jpeg,%FF%D8%ff%00"), "\u00ff\u00d8\u00ff\0");
    assert.equal(bytesIn("data:,%E0%A4%A"), "\u00e0\u00a4%A");
  });

  for (const uri of ["data:image/png;base64,", "data:image/png;base64,!!", "data:image/png", ""]) {
    it(`says that ${JSON.stringify(uri)} is damaged`, () => {
      assert.equal(readDataUri(uri), "damaged");
    });
  }

  it("refuses what is too large before it is decoded", () => {
    assert.equal(readDataUri({ length: MAX_PICTURE_BYTES * 3 } as string), "tooLarge");
  });
});
