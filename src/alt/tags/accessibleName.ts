/**
 * What names a tag's picture to assistive technology, or takes it away from there (HTML-AAM, ARIA in
 * HTML): `alt`, what ARIA says instead, and what only the running program decides.
 */

import { isNamedAfterAlt, setsAlt } from "./attributeNames";
import type { AttributeDialect } from "../imageReference";
import type { Tag, TagAttribute } from "./tagParts";
import { holdsTemplateCode } from "./templateCode";

export type AccessibleName =
  /** The fixed text of `alt`, perhaps empty. */
  | { readonly kind: "alt"; readonly alt: TagAttribute; readonly text: string }
  /** Another attribute names the picture, in whose presence `alt` is not heard. */
  | { readonly kind: "aria" }
  /** A title stands in for the text that is missing. */
  | { readonly kind: "title" }
  /** Nothing names it. `alt` is there without saying anything, as in `alt={undefined}`. */
  | { readonly kind: "none"; readonly alt: TagAttribute | undefined }
  | { readonly kind: "computed" };

const HEARD_FIRST = ["aria-labelledby", "aria-label", "accessibilitylabel"];

/** @param attributes those of the tag under their plain names. */
export function accessibleName(
  tag: Tag,
  attributes: readonly TagAttribute[],
  { text: source, dialect }: { readonly text: string; readonly dialect: AttributeDialect },
): AccessibleName {
  const all = (name: string): TagAttribute[] =>
    attributes.filter((attribute) => attribute.name.toLowerCase() === name);
  const saysNothing = (attribute: TagAttribute): boolean => isNothing(attribute, dialect);
  const labels = HEARD_FIRST.flatMap(all);
  if (labels.some(({ value }) => value.kind === "expression")) return { kind: "computed" };
  if (labels.some(({ value }) => isText(value))) return { kind: "aria" };
  const alts = all("alt");
  if (alts.some((each) => each.value.kind === "expression" && !saysNothing(each))) {
    return { kind: "computed" };
  }
  if (attributes.some(setsAlt)) return { kind: "computed" };
  const [alt] = alts;
  const text = alt?.value.kind === "text" ? alt.value.text : undefined;
  if (alt?.value.kind === "text" && text !== undefined && text.trim() !== "") {
    const { start, end } = alt.value.content;
    return holdsTemplateCode(source.slice(start, end))
      ? { kind: "computed" }
      : { kind: "alt", alt, text };
  }
  // Any other name, object or condition may bring the text that the tag itself does not have.
  const isOpen = alt === undefined && (tag.hasSpread || isUndecided(attributes));
  if (isOpen || attributes.some(isNamedAfterAlt)) return { kind: "computed" };
  if (alt !== undefined && !saysNothing(alt)) return { kind: "alt", alt, text: text ?? "" };
  const titles = all("title");
  if (titles.some(({ value }) => value.kind === "expression")) return { kind: "computed" };
  return titles.some(({ value }) => isText(value)) ? { kind: "title" } : { kind: "none", alt };
}

/** `alt` alone is the empty text in HTML and true in JSX; frameworks drop what is no text. */
function isNothing({ value }: TagAttribute, dialect: AttributeDialect): boolean {
  if (value.kind === "none") return dialect === "jsx";
  const isMarkup = dialect === "html" || dialect === "razor" || dialect === "inline";
  if (value.kind !== "expression" || isMarkup) return false;
  return /^(?:undefined|null|true|false|void 0)$/.test(value.target.value.trim());
}

function isText(value: TagAttribute["value"]): boolean {
  return value.kind === "text" && value.text.trim() !== "";
}

/** The program decides whether the picture is for everybody. */
function isUndecided(attributes: readonly TagAttribute[]): boolean {
  return attributes.some(
    ({ name, value }) =>
      (name === "role" || HIDING.includes(name)) &&
      ((value.kind === "expression" && value.target.value !== "false") ||
        (value.kind === "text" && holdsTemplateCode(value.text))),
  );
}

/** Hide an element with all that is in it. */
const HIDING = ["aria-hidden", "hidden", "inert"];

/** True where a fixed attribute takes an element, and so what it holds, from assistive technology. */
export function isHiding(attributes: readonly TagAttribute[]): boolean {
  return attributes.some(({ name, value }) => {
    if (!HIDING.includes(name)) return false;
    if (value.kind === "none") return true;
    if (value.kind === "expression") return value.target.value === "true";
    const said = value.text.trim().toLowerCase();
    // What is hidden until it is found will be seen.
    return name === "aria-hidden"
      ? said === "true" || said === ""
      : !/^(?:until-found|false)$/.test(said);
  });
}

/** Roles that ARIA in HTML allows for a picture, besides those of a decorative one. */
const OTHER_ROLES = new Set([
  ..."img image figure button checkbox link math menuitem menuitemcheckbox menuitemradio meter".split(
    " ",
  ),
  ..."option progressbar radio scrollbar separator slider switch tab treeitem doc-cover".split(" "),
]);

/** True for the roles that say "decorative"; the first role that is known counts (ARIA 1.2, 8.1). */
export function isPresentational(attributes: readonly TagAttribute[]): boolean {
  const role = attributes.find(({ name }) => name === "role");
  if (role?.value.kind !== "text") return false;
  const words = role.value.text.toLowerCase().split(/\s+/);
  const first = words.find((word) => isDecorativeRole(word) || OTHER_ROLES.has(word));
  return first !== undefined && isDecorativeRole(first);
}

const isDecorativeRole = (word: string): boolean => word === "none" || word === "presentation";
