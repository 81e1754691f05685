/** React Native's names for what HTML calls `src`, `alt` and `aria-hidden`. */

import type { TagAttribute } from "./tagParts";

/** @param attributes those of a picture, as they are written. */
export function nativeAttributes(attributes: readonly TagAttribute[]): TagAttribute[] {
  const hasAlt = attributes.some(({ name }) => name === "alt");
  return attributes.map((attribute) => {
    if (attribute.name === "source") return { ...attribute, name: "src" };
    if (attribute.name === "accessibilityLabel" && !hasAlt) return { ...attribute, name: "alt" };
    return isHidden(attribute) ? { ...attribute, name: "aria-hidden", value: TRUE } : attribute;
  });
}

const TRUE = { kind: "expression", target: { kind: "dynamic", value: "true" } } as const;

function isHidden({ name, value }: TagAttribute): boolean {
  if (name === "accessible") return value.kind === "expression" && value.target.value === "false";
  if (name === "accessibilityElementsHidden") {
    return value.kind === "none" || (value.kind === "expression" && value.target.value === "true");
  }
  return name === "importantForAccessibility" && value.kind === "text" && /^no\b/.test(value.text);
}
