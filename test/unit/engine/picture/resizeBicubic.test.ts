import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AppError } from "../../../../src/base/errors";
import type { RgbImage } from "../../../../src/engine/picture/imageDecode";
import { resizeBicubic } from "../../../../src/engine/picture/resizeBicubic";

/**
 * SHA-256 of Pillow 12.3's `Image.resize(to, BICUBIC)` on `makePicture(from)`, computed once in
 * Python from the same formula.
 */
const GOLDEN: readonly { from: [number, number]; to: [number, number]; sha256: string }[] = [
  {
    from: [1, 1],
    to: [1, 1],
    sha256: "a3993ca7d912a1c0cc1422c11fab6ae74bd03a464f3d8874ec1c10e4a84cee55",
  },
  {
    from: [1, 1],
    to: [56, 56],
    sha256: "4951ff54c08c34efd927432cd3c264b5785d592f0f73e9e1057c0e6a4279ff78",
  },
  {
    from: [7, 9],
    to: [56, 56],
    sha256: "4c67e1a77ef566783062707793706270ceb90a6598f97827945da069a1a7e19b",
  },
  {
    from: [331, 120],
    to: [56, 56],
    sha256: "5b5ab27aa72d2828366fc30174456e156efa45350a6e9654700f2aa4d0123c29",
  },
  {
    from: [640, 480],
    to: [224, 224],
    sha256: "deb86b73dbdfcdcef26a1b3a6bf7cd31512cf45ce3b98b1c81879326bd4b6934",
  },
  {
    from: [3000, 2000],
    to: [224, 224],
    sha256: "da83a6624e2d3d0d7ed3f7698302784cd917ee67a53b85f7acdc9163768b808d",
  },
  {
    from: [224, 224],
    to: [224, 224],
    sha256: "ac602198ca5f8f28ff35bd76b4d1d99716d1a525363d99c7a35f7d6cd9c9f9a9",
  },
  {
    from: [500, 3],
    to: [224, 224],
    sha256: "0c577db87f7c04d2ab208459732dc5a8d476bff85bc6921ab89cee0abefbb676",
  },
  {
    from: [3, 500],
    to: [224, 224],
    sha256: "ce6381c112c73366ae2b81b92f327092ac3894f631cd39318fde7095ed0610bd",
  },
  {
    from: [224, 300],
    to: [224, 224],
    sha256: "e0a2b69593a4f9790321830486401375eb071751b54f8ae6d8b7fc01123e2e76",
  },
  {
    from: [300, 224],
    to: [224, 224],
    sha256: "c6e7193ce00e85dff009ededb0f8a19bacfd9e60c7ad95260bc726e8c485dca1",
  },
  {
    from: [2, 2],
    to: [3, 5],
    sha256: "001517a371edb1bc143e83d8cc5f5fc3155d782c51c9fe93fff460ec67784825",
  },
  {
    from: [1000, 1],
    to: [224, 224],
    sha256: "ec5b0192574869175accab7b439c4b50869dedf209e2ce774f93b04c02d8379b",
  },
  {
    from: [1, 1000],
    to: [224, 224],
    sha256: "e3321e4b0e433ae483a0471e50c0ed588dfea312a2048c22996b56a8a0396219",
  },
  {
    from: [223, 225],
    to: [224, 224],
    sha256: "f27b98ae2461d1a71fd8c4fd143e0e5cc32f4240655f307069a1d3929ca03c33",
  },
  {
    from: [448, 448],
    to: [224, 224],
    sha256: "6fa50fca448bf1790eae6e866ae785eaed2070f43b9f4b7666962b4bba57d892",
  },
  {
    from: [100, 100],
    to: [364, 364],
    sha256: "37e08a76b8c90a96ba97efc554440f9fd0cc2f05d851187fc7a32960c8fcfe74",
  },
  {
    from: [37, 29],
    to: [13, 17],
    sha256: "002166a8e35b21e7334fe94e6d9640053e5d8c27dc5b5d20e6c9d0296fc3ebaf",
  },
  {
    from: [225, 224],
    to: [224, 224],
    sha256: "2a8d86787acec9a35cb1ce1f8bc1064cf06c381adc1fb7d263b9e47524fd297d",
  },
  {
    from: [4000, 10],
    to: [5, 7],
    sha256: "4ec11e11da580880da2dd95ca234ecacfa4e0b074ab57feaffdd92e9da39733c",
  },
  {
    from: [3, 300],
    to: [224, 224],
    sha256: "daec08f1737c0a2f14d88b6b97c66cc8c360303d35b2317d319209a7f1d3d2ac",
  },
  {
    from: [2, 201],
    to: [1, 200],
    sha256: "fa14f892be7f8cccd3b04bac5bd5d5133d440183d256b81cd1a1de2a964212e5",
  },
  {
    from: [1, 101],
    to: [2, 102],
    sha256: "f6c1349ccd33bc07b74dc85a6dda0c8731466f3e7580e18d5a3ee602090753a2",
  },
  {
    from: [2, 201],
    to: [3, 250],
    sha256: "0130976ed96737c2326e0386de21933411250c4fb2cffa8d729c7323afc75348",
  },
];

/** A noisy pattern with every byte value: two multiplications mixed, plus a linear congruence. */
function makePicture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  let state = 12345;
  let i = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        data[i++] = ((x * 7 + y * 13 + channel * 29) ^ (x * y)) + (state >>> 28);
      }
    }
  }
  return { width, height, data };
}

describe("resizeBicubic", () => {
  for (const { from, to, sha256 } of GOLDEN) {
    it(`gives Pillow's bytes for ${from.join("×")} → ${to.join("×")}`, () => {
      const [width, height] = to;
      const resized = resizeBicubic(makePicture(...from), { width, height });
      assert.equal(resized.width, width);
      assert.equal(resized.height, height);
      assert.equal(createHash("sha256").update(resized.data).digest("hex"), sha256);
    });
  }

  it("clips overshoot at both ends of the range", () => {
    const edge = {
      width: 4,
      height: 1,
      data: Uint8Array.of(0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255),
    };
    const resized = resizeBicubic(edge, { width: 16, height: 1 });
    // A cubic undershoots before the edge and overshoots after it; unclipped bytes would wrap.
    const row = Array.from({ length: 16 }, (_, x) => resized.data[x * 3]!);
    assert.deepEqual(row.slice(0, 6), [0, 0, 0, 0, 0, 0]);
    assert.deepEqual(row.slice(10), [255, 255, 255, 255, 255, 255]);
  });

  it("keeps one colour exactly at any scale", () => {
    const data = new Uint8Array(31 * 17 * 3).fill(201);
    const resized = resizeBicubic({ width: 31, height: 17, data }, { width: 56, height: 9 });
    assert.ok(resized.data.every((sample) => sample === 201));
  });

  it("does not change the picture it is given", () => {
    const picture = makePicture(40, 30);
    const before = Uint8Array.from(picture.data);
    resizeBicubic(picture, { width: 7, height: 50 });
    assert.deepEqual(picture.data, before);
  });

  it("returns the picture itself when the size is right", () => {
    const picture = makePicture(5, 4);
    assert.equal(resizeBicubic(picture, { width: 5, height: 4 }), picture);
  });

  for (const side of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`refuses a side of ${side}`, () => {
      assert.throws(
        () => resizeBicubic(makePicture(2, 2), { width: 2, height: side }),
        (error) => error instanceof AppError && error.code === "internal",
      );
    });
  }

  it("refuses data that does not fit its size", () => {
    assert.throws(
      () =>
        resizeBicubic({ width: 2, height: 2, data: new Uint8Array(11) }, { width: 1, height: 1 }),
      (error) => error instanceof AppError && error.code === "internal",
    );
  });
});
