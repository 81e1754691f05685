import assert from "node:assert/strict";
import { DOMParser } from "linkedom";
import { drawChart } from "../../../../src/cli/measure/benchChart";
import { CHART_COLORS } from "../../../../src/measure/chart/svg";
import { figures, ours, reportWith, theirs } from "../../../helpers/benchReports";

/** The pages of GitHub that a picture must be readable on. */
const PAGES = ["#ffffff", "#0d1117"];

interface Drawn {
  readonly texts: readonly string[];
  readonly widths: readonly number[];
  readonly title: string;
  readonly description: string;
  /** Names of all elements. */
  readonly elements: ReadonlySet<string>;
}

/** What is needed of the parser's elements, which it does not type for SVG. */
interface SvgElement {
  readonly tagName: string;
  readonly textContent: string;
  getAttribute(name: string): string | null;
}

interface SvgDocument {
  querySelectorAll(selector: string): Iterable<SvgElement>;
}

function read(svg: string): Drawn {
  const document: unknown = new DOMParser().parseFromString(svg, "image/svg+xml");
  const all = [...(document as SvgDocument).querySelectorAll("*")];
  const named = (name: string): SvgElement[] => all.filter(({ tagName }) => tagName === name);
  const textOf = (name: string): string[] => named(name).map(({ textContent }) => textContent);
  return {
    texts: textOf("text"),
    widths: named("rect").map((bar) => Number(bar.getAttribute("width"))),
    title: textOf("title").join(),
    description: textOf("desc").join(),
    elements: new Set(all.map(({ tagName }) => tagName)),
  };
}

describe("the chart of a bench", () => {
  it("has a bar for each program and figure, with value and ratio", () => {
    const report = reportWith({
      ours: [ours("balanced", 2), ours("small", 1)],
      transformers: [theirs("bf16", 8), theirs("f32", 20)],
    });
    const { texts, widths, title, description, elements } = read(drawChart([report]));
    assert.deepEqual([...elements].sort(), ["desc", "g", "rect", "svg", "text", "title"]);
    assert.equal(widths.length, 5 * 4);
    assert.deepEqual(texts.slice(0, 10), [
      ...["opt-2.7b on the CPU", "first token"],
      ...["Sightline balanced", "126 ms, 4.0× faster", "Sightline small", "63 ms, 8.0× faster"],
      ...["transformers bf16", "504 ms", "transformers f32", "1.26 s"],
    ]);
    assert.ok(texts.includes("1.0 GB, 8.0× less"));
    assert.equal(title, "Sightline against transformers: opt-2.7b");
    assert.match(description, /^opt-2\.7b: first token: Sightline balanced 126 ms, 4\.0× faster, /);
  });

  it("draws bars in proportion to the longest of their figure", () => {
    const report = reportWith({ ours: [ours("small", 1)], transformers: [theirs("bf16", 4)] });
    const { widths } = read(drawChart([report]));
    for (let i = 0; i < widths.length; i += 2) {
      assert.ok(Math.abs(widths[i]! / widths[i + 1]! - 1 / 4) < 1e-3);
    }
  });

  it("says when we are slower or larger", () => {
    const { texts } = read(drawChart([reportWith({ transformers: [theirs("f32", 0.5)] })]));
    assert.ok(texts.includes("63 ms, 2.0× slower"));
    assert.ok(texts.includes("1.0 GB, 2.0× more"));
  });

  it("has no ratio where nothing was timed beside us", () => {
    const svg = drawChart([reportWith({ transformers: [] })]);
    assert.doesNotMatch(svg, /×|ratio/);
  });

  it("tells machine, date, versions and runs", () => {
    const { texts } = read(drawChart([reportWith()]));
    assert.deepEqual(texts.slice(-3), [
      "2026-11-28, AMD EPYC, 2 cores, 25.0 GB",
      "Sightline 1.0.0, torch 2.13.0, transformers 5.18.0",
      "batch 1, random weights, median of 3 runs; ratios are to the best of transformers",
    ]);
  });

  it("puts several reports below each other, a precision in one colour", () => {
    const colorOf = (svg: string): string[] =>
      [...svg.matchAll(/rx="2" fill="(#\w+)"/g)].map(([, c]) => c!);
    const both = [ours("balanced", 2), ours("small", 1)];
    const first = reportWith({ ours: both, transformers: [] });
    const second = reportWith({ model: "flan-t5-xl", transformers: [] });
    const svg = drawChart([first, second]);
    const colors = colorOf(svg);
    assert.equal(colors[1], colors.at(-1));
    assert.notEqual(colors[0], colors[1]);
    assert.equal(read(svg).title, "Sightline against transformers: opt-2.7b and flan-t5-xl");
    assert.ok(read(svg).texts.includes("flan-t5-xl on the CPU"));
  });

  it("takes names for text, whatever they contain, and cuts long ones", () => {
    const name = `</text><script>alert("1")</script>&amp;'\u0000\u001b[31m\n\ud800 ${"x".repeat(500)}`;
    const report = reportWith({ model: name, date: name, ours: [ours(name, 1)] });
    const hostile = {
      ...report,
      machine: { ...report.machine, processor: name, adapters: [name] },
      versions: { sightline: name, torch: name },
    };
    const svg = drawChart([hostile]);
    const { elements, texts } = read(svg);
    assert.deepEqual([...elements].sort(), ["desc", "g", "rect", "svg", "text", "title"]);
    // XML allows no other control characters, and no half of a pair.
    // eslint-disable-next-line no-control-regex -- Control characters are what it looks for.
    assert.doesNotMatch(svg, /[\u0000-\u0009\u000b-\u001f\ufffe\uffff]|\p{Surrogate}/u);
    assert.ok(texts.every((text) => Array.from(text).length <= 100));
    assert.ok(texts[0]?.startsWith('</text><script>alert("1")</script>&amp;\''));
  });

  it("draws figures of 0 without dividing by them", () => {
    const nothing = { ...ours("small", 1), figures: figures(0) };
    const svg = drawChart([reportWith({ ours: [nothing], transformers: [theirs("f32", 0)] })]);
    assert.doesNotMatch(svg, /NaN|Infinity/);
    assert.ok(read(svg).widths.every((width) => width > 0));
  });

  it("can be read on a white page and on a dark one", () => {
    for (const page of PAGES) {
      assert.ok(contrast(CHART_COLORS.text, page) >= 4.3, page);
      for (const color of [...CHART_COLORS.ours, ...CHART_COLORS.transformers]) {
        assert.ok(contrast(color, page) >= 3, `${color} on ${page}`);
      }
    }
    assert.doesNotMatch(drawChart([reportWith()]), /<style|href|url\(|@import/);
  });
});

/** As WCAG 2 defines it. */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
