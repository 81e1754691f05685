import assert from "node:assert/strict";
import { pictureOfDataUri } from "../../../../src/host/pictures/dataUri";
import { MAX_PICTURE_BYTES } from "../../../../src/host/pictures/picture";

const IT = {
  name: "It",
  texts: {
    tooLarge: (name: string) => `${name} is large.`,
    damaged: (name: string) => `${name} is damaged.`,
  },
};

const bytesOf = (uri: string): string =>
  Buffer.from(pictureOfDataUri(uri, IT).bytes).toString("latin1");

describe("pictureOfDataUri", () => {
  it("reads base64, also with escapes and without a type", () => {
    assert.equal(bytesOf("data:image/png;base64,QUJD"), "ABC");
    assert.equal(bytesOf("data:image/png;base64,QUI%3D"), "AB");
    assert.equal(bytesOf("data:;base64,QUJD"), "ABC");
    assert.equal(bytesOf("data:image/png;charset=x;BASE64,QUJD"), "ABC");
  });

  it("reads text, as SVG is written", () => {
    assert.equal(bytesOf("data:image/svg+xml,%3Csvg%20/%3E"), "<svg />");
  });

  for (const uri of ["data:image/png;base64,", "data:image/png", "data:,%E0%A4%A", ""]) {
    it(`says that ${JSON.stringify(uri)} is damaged`, () => {
      assert.throws(() => pictureOfDataUri(uri, IT), { code: "image.unreadable" });
    });
  }

  it("refuses what is too large before it is decoded", () => {
    const uri = { length: MAX_PICTURE_BYTES * 3 } as string;
    assert.throws(() => pictureOfDataUri(uri, IT), { code: "image.tooLarge" });
  });
});
