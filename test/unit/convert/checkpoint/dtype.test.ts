import assert from "node:assert/strict";

import {
  float16ToFloat32,
  float32ToFloat16,
  isFloatDtype,
  toFloat32,
} from "../../../../src/convert/checkpoint/dtype";
import { SeededRandom } from "../../../helpers/random";

/** IEEE 754 binary16 written down as arithmetic, to compare the bit tricks with. */
function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

const allHalves = Uint16Array.from({ length: 65536 }, (_, i) => i);
const isNanHalf = (half: number): boolean => (half & 0x7fff) > 0x7c00;
const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;
const fromBits = (bits: number): number => new Float32Array(Uint32Array.of(bits).buffer)[0]!;
const roundOne = (value: number): number => float32ToFloat16(Float32Array.of(value))[0]!;

describe("float16ToFloat32", () => {
  it("gives every one of the 65536 values exactly, signed zeros included", () => {
    const floats = float16ToFloat32(allHalves);
    floats.forEach((value, half) => {
      assert.ok(Object.is(value, halfValue(half)), `0x${half.toString(16)} became ${value}`);
    });
  });

  it("keeps the payload of a NaN", () => {
    const bits = new Uint32Array(float16ToFloat32(Uint16Array.of(0x7e01, 0xfdff)).buffer);
    assert.deepEqual([...bits], [0x7fc02000, 0xffbfe000]);
  });
});

describe("float32ToFloat16", () => {
  it("gives every float16 back unchanged", () => {
    const back = float32ToFloat16(float16ToFloat32(allHalves));
    for (const half of allHalves) {
      if (isNanHalf(half)) assert.ok(isNanHalf(back[half]!), `0x${half.toString(16)}`);
      else assert.equal(back[half], half);
    }
  });

  it("rounds what lies between two neighbours to the nearest, and the middle to the even one", () => {
    for (let low = 0; low < 0x7bff; low++) {
      const middle = (halfValue(low) + halfValue(low + 1)) / 2; // Exact in float32.
      const even = low % 2 === 0 ? low : low + 1;
      assert.equal(roundOne(middle), even, `middle above 0x${low.toString(16)}`);
      assert.equal(roundOne(-middle), even | 0x8000);
      assert.equal(roundOne(fromBits(bitsOf(middle) - 1)), low, `below it, 0x${low.toString(16)}`);
      assert.equal(roundOne(fromBits(bitsOf(middle) + 1)), low + 1);
    }
  });

  it("overflows to infinity from 65520 on and underflows to a signed zero below half a step", () => {
    assert.equal(roundOne(fromBits(bitsOf(65520) - 1)), 0x7bff);
    assert.equal(roundOne(65520), 0x7c00);
    assert.equal(roundOne(-1e30), 0xfc00);
    assert.equal(roundOne(-Infinity), 0xfc00);
    assert.equal(roundOne(2 ** -25), 0);
    assert.equal(roundOne(fromBits(bitsOf(2 ** -25) + 1)), 1);
    assert.equal(roundOne(-(2 ** -149)), 0x8000);
    assert.equal(roundOne(-0), 0x8000);
  });

  it("keeps a NaN a NaN even when its payload lies in the dropped bits", () => {
    const nans = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001, 0x7fc00000).buffer);
    const halves = float32ToFloat16(nans);
    assert.ok([...halves].every(isNanHalf));
    assert.deepEqual(
      [...halves].map((half) => half >> 15),
      [0, 1, 0],
    );
  });

  it("reads a view that does not start at the buffer's beginning", () => {
    const values = Float32Array.of(9, 1, -2).subarray(1);
    assert.deepEqual([...float32ToFloat16(values)], [0x3c00, 0xc000]);
  });
});

describe("toFloat32", () => {
  const random = new SeededRandom(7);

  it("reads bfloat16 as the upper half of a float32, for all 65536 values", () => {
    const floats = toFloat32(new Uint8Array(allHalves.buffer), "BF16");
    const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
    bits.forEach((value, half) => {
      assert.equal(value, half * 65536);
    });
  });

  for (const dtype of ["F32", "F16", "BF16"] as const) {
    it(`gives the same ${dtype} values at every offset, from a Buffer and from an array`, () => {
      const bytes = random.bytes(64);
      const expected = new Uint8Array(toFloat32(bytes, dtype).slice().buffer);
      for (let offset = 0; offset < 8; offset++) {
        const shifted = new Uint8Array(80);
        shifted.set(bytes, offset);
        for (const view of [
          shifted.subarray(offset, offset + 64),
          Buffer.from(shifted.buffer, offset, 64),
        ]) {
          assert.deepEqual(new Uint8Array(toFloat32(view, dtype).slice().buffer), expected);
        }
      }
    });
  }

  it("reads F32 as little-endian", () => {
    assert.deepEqual([...toFloat32(Uint8Array.of(0, 0, 0x80, 0x3f), "F32")], [1]);
  });

  it("does not copy aligned F32 bytes", () => {
    const bytes = new Uint8Array(16);
    assert.equal(toFloat32(bytes.subarray(4), "F32").buffer, bytes.buffer);
  });

  it("refuses bytes that are no whole number of values", () => {
    assert.throws(() => toFloat32(new Uint8Array(6), "F32"), { code: "internal" });
    assert.throws(() => toFloat32(new Uint8Array(3), "BF16"), { code: "internal" });
  });

  it("takes no values", () => {
    for (const dtype of ["F32", "F16", "BF16"] as const) {
      assert.equal(toFloat32(new Uint8Array(0), dtype).length, 0);
    }
  });
});

describe("isFloatDtype", () => {
  it("knows the three convertible types and no other name", () => {
    assert.deepEqual(["F32", "F16", "BF16"].map(isFloatDtype), [true, true, true]);
    assert.deepEqual(["F64", "I64", "f32", "toString"].map(isFloatDtype), Array(4).fill(false));
  });
});
