/** A tag as every markup language has it: names, places and values, and nothing that is decided. */

import type { ImageTarget, NamedElement, TextSpan } from "../imageReference";

/** What an attribute is set to. */
export type AttributeValue =
  /** A name alone. */
  | { readonly kind: "none" }
  /** Fixed text; `content` is without quotes or braces, `literal` with them. */
  | {
      readonly kind: "text";
      readonly text: string;
      readonly content: TextSpan;
      readonly literal: TextSpan;
    }
  | { readonly kind: "expression"; readonly target: ImageTarget };

export interface TagAttribute {
  /** In lower case where the language does not mind, without `:` or `v-bind:`. */
  readonly name: string;
  readonly span: TextSpan;
  readonly value: AttributeValue;
  /** Bound by another name than the plain one, so a fixed text needs a new attribute. */
  readonly isBound: boolean;
}

/** Where a tag stands among figures, pictures and links. */
export interface TagContext {
  /** The element with its end tag. */
  readonly element: TextSpan;
  /** The `<picture>` around it. */
  readonly picture: { readonly element: TextSpan; readonly sourceSet: string | null } | null;
  readonly figure: { readonly end: number; readonly caption: TextSpan | null } | null;
  /** An element around it is hidden from assistive technology. */
  readonly isHidden: boolean;
  /** The link or button around it that its content names, and what is between its tags. */
  readonly named: { readonly kind: NamedElement; readonly content: TextSpan } | null;
  /** What is between the tags of the element right around it. */
  readonly block: TextSpan | null;
}

export interface Tag {
  readonly name: string;
  /** The opening tag. */
  readonly span: TextSpan;
  /** Where its name ends. */
  readonly nameEnd: number;
  readonly attributes: readonly TagAttribute[];
  /** Further attributes come from an object that only the running program knows. */
  readonly hasSpread: boolean;
  /** Conditions of a template stand among its attributes, so nothing can be put between them. @default false */
  readonly isPatchwork?: boolean;
  /** A picture of React Native, whose attributes have names of their own. @default false */
  readonly isNative?: boolean;
  readonly context: TagContext;
}
