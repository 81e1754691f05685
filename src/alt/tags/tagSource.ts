/**
 * Which attribute of a tag names the picture that readers see. Lazy loaders keep it in an attribute of
 * their own, and put a stand-in where browsers look.
 */

import type { ImageTarget } from "../imageReference";
import { firstSrcsetUrl } from "./srcset";
import type { Tag, TagAttribute } from "./tagParts";

export interface TagSource {
  readonly target: ImageTarget;
  /** The attribute that names the picture; absent when an element around the tag does. */
  readonly attribute: TagAttribute | undefined;
}

/** Names that lazy loaders read (lazysizes, lozad, vanilla-lazyload, WordPress, Cloudflare, …). */
const LAZY =
  /^data-(?:(?:[a-z]+-)?src|src-\w+|original|orig-src|actualsrc|echo|layzr|unveil|cfsrc|normal|[a-z-]*lazy[a-z-]*|defer-src)$/i;
const LAZY_SET = /^data-(?:[a-z-]*srcset|original-set|lazy-set)$/i;
/** Further names in components: Gatsby, Docusaurus' ideal-image and ThemedImage. */
const OF_COMPONENTS = ["image", "img", "sources", "fluid", "fixed"];

/** @param attributes those of the tag under their plain names. */
export function tagSource(tag: Tag, attributes: readonly TagAttribute[]): TagSource | undefined {
  const own = addressIn(attributes, (name) => name === "src");
  const lazy =
    addressIn(attributes, (name) => LAZY.test(name)) ??
    addressIn(attributes, (name) => LAZY_SET.test(name), firstSrcsetUrl);
  if (lazy !== undefined) return lazy;
  if (own !== undefined && !isStandIn(own.target)) return own;
  const set = addressIn(attributes, (name) => name === "srcset", firstSrcsetUrl);
  if (set !== undefined && !isStandIn(set.target)) return set;
  const outer = firstSrcsetUrl(tag.context.picture?.sourceSet ?? "");
  if (outer !== undefined) return { target: { kind: "url", value: outer }, attribute: undefined };
  if (own !== undefined) return withoutAddress(attributes, own);
  if (tag.name !== "img") {
    const given = addressIn(attributes, (name) => OF_COMPONENTS.includes(name));
    if (given !== undefined) return given;
  }
  if (!tag.hasSpread) return undefined;
  return { target: { kind: "dynamic", value: "" }, attribute: undefined };
}

/** The addresses that a `<source>` gives to the picture around it; null when it gives none. */
export function sourceSetIn(attributes: readonly TagAttribute[]): string | null {
  const sets = attributes.flatMap(({ name, value }) =>
    value.kind === "text" && (name === "srcset" || LAZY_SET.test(name)) ? [{ name, value }] : [],
  );
  const lazy = sets.find(({ name }) => name !== "srcset");
  return (lazy ?? sets[0])?.value.text ?? null;
}

function addressIn(
  attributes: readonly TagAttribute[],
  isWanted: (name: string) => boolean,
  read: (text: string) => string | undefined = (text) => text,
): TagSource | undefined {
  for (const attribute of attributes) {
    const { name, value } = attribute;
    if (!isWanted(name)) continue;
    if (value.kind === "expression") return { target: value.target, attribute };
    if (value.kind !== "text") continue;
    // The HTML standard strips white space around an address.
    const address = read(value.text)?.trim() ?? "";
    // `data-lazy="true"` is a switch.
    const isSwitch = name.startsWith("data-") && !/[./{]|^data:/.test(address);
    if (address !== "" && !isSwitch) return { target: { kind: "url", value: address }, attribute };
  }
  return undefined;
}

/** A stand-in, and a script's own attribute that may name the picture. */
function withoutAddress(attributes: readonly TagAttribute[], own: TagSource): TagSource {
  const named = addressIn(
    attributes.filter(
      ({ name, value }) =>
        name.startsWith("data-") && value.kind === "text" && PICTURE.test(value.text.trim()),
    ),
    () => true,
  );
  if (named !== undefined) return named;
  if (!NOWHERE.test(own.target.value)) return own;
  return { ...own, target: { kind: "dynamic", value: own.target.value } };
}

const PICTURE = /^[^\s{}"]+\.(?:png|jpe?g|gif|webp|avif|svg)(?:[?#]\S*)?$/i;
/** Addresses of nothing, which scripts replace. */
const NOWHERE = /^(?:about:blank|javascript:.*|\/\/:0|#|data:,|data:;.*,|null|undefined)$/i;
/** What people call the files that hold a place. */
const SPACER =
  /(?:^|\/)(?:spacer|blank|pixel|transparent|trans|placeholder|empty|clear|shim|dot|grey|gray|lazy|lazyload|loading|loader|preload|1x1|1px|x)(?:[-_.](?:image|img|pixel|1x1|gif|lazy|\d+))*\.(?:gif|png|svg|webp|jpe?g)(?:[?#]|$)/i;

/** True for an address under which nothing is to be seen until a script puts another in its place. */
function isStandIn({ kind, value }: ImageTarget): boolean {
  if (kind !== "url") return false;
  return NOWHERE.test(value) || SPACER.test(value) || isEmptyData(value);
}

/** The first bytes of GIFs and PNGs of one pixel, in base64: the signature, then 1 and 1. */
const ONE_PIXEL =
  /^data:image\/(?:gif;base64,R0lGOD[ld]hAQABA|png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB)/;
/** What draws something in an SVG. */
const DRAWS = /<(?:\w+:)?(?:path|rect|circle|ellipse|line|poly\w+|image|text|use|foreignObject)\b/i;
/** Stand-ins are short; a longer one is a drawing. */
const MAX_STAND_IN_UNITS = 2000;

function isEmptyData(address: string): boolean {
  if (ONE_PIXEL.test(address)) return true;
  if (!/^data:image\/svg[^,]*,/i.test(address) || address.length > MAX_STAND_IN_UNITS) return false;
  const comma = address.indexOf(",");
  const isReadable = !/;base64$/i.test(address.slice(0, comma));
  return isReadable && !DRAWS.test(unescaped(address.slice(comma + 1)));
}

function unescaped(body: string): string {
  try {
    return decodeURIComponent(body);
  } catch {
    return body;
  }
}
