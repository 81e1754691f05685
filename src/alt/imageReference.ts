/** What is known of one picture in a document: plain data that outlives the parsers. */

import type { AltLanguage } from "./languages";

/** A stretch of a document in UTF-16 units from its beginning; `end` is exclusive. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** Replaces a stretch; an empty one inserts. */
export interface TextEdit extends TextSpan {
  readonly newText: string;
}

/** How a reference is written: Markdown's own syntax, a tag of a language, or a call of a site's template. */
export type ImageSyntax =
  ("markdown-inline" | "markdown-reference" | "markdown-wikilink") | AttributeDialect;

/** Where the picture comes from, as the document says it. */
export interface ImageTarget {
  /**
   * `url`: an address as a browser reads it; `module`: what an import or require names, resolved as
   * bundlers do; `wikilink`: a path or only a file's name, in whatever folder; `dynamic`: an expression
   * whose value only the running program knows.
   */
  readonly kind: "url" | "module" | "wikilink" | "dynamic";
  /** The address without the escapes of its syntax, or the source text of the expression. */
  readonly value: string;
  /** Addresses that are meant, the best first, where the syntax puts folders or endings to it. */
  readonly tries?: readonly string[];
  /** The picture itself as a data: URI, where the document holds it under that name. */
  readonly data?: string;
}

/**
 * `text`: a fixed text, perhaps empty; `absent`: there is none; `named`: another attribute says what
 * readers hear, such as `aria-label`; `dynamic`: something else decides, such as an expression, spread
 * properties, a template's code or a translator, so it is not for an editor to change.
 */
export type AltState = "text" | "absent" | "named" | "dynamic";

/** Languages of attribute values; each has escapes of its own. `braces`: a list behind a Markdown image. */
export type AttributeDialect =
  | ("html" | "jsx" | "vue" | "svelte" | "astro")
  // HTML in which an at sign begins code, and HTML in a template of JavaScript.
  | ("razor" | "inline")
  | ("shortcode" | "braces" | "learn" | "ruby" | "yaml" | "r")
  | ("asciidoc" | "rest" | "latex" | "typst" | "org" | "xml");

/** Where and how an edit writes the alternative text. */
export type AltSlot =
  | {
      readonly form: "markdown";
      /** Between the brackets. */
      readonly label: TextSpan;
      /** What a shortcut or collapsed reference needs so that it still finds its definition. */
      readonly referenceEdit: TextEdit | null;
      readonly isInTable: boolean;
      readonly isMdx: boolean;
    }
  | {
      readonly form: "attribute";
      /** What the edit replaces. */
      readonly span: TextSpan;
      /** What stands before the quoted value, such as ` alt=` where there is no attribute yet. */
      readonly prefix: string;
      readonly quote: '"' | "'";
      readonly dialect: AttributeDialect;
      readonly isInTable: boolean;
      /** What stands behind the value, where a list of attributes is new. @default nothing */
      readonly suffix?: string;
    }
  | {
      readonly form: "wikilink";
      readonly span: TextSpan;
      /** The bar, where there is no text yet. */
      readonly prefix: string;
    }
  | { readonly form: "none"; readonly obstacle: AltObstacle };

/** What keeps a picture from being given a text. */
export type AltObstacle =
  /** The program decides what its text is. */
  | "computed"
  /** `aria-label` or `aria-labelledby` names it, and `alt` would not be heard. */
  | "named"
  /** A role or attribute takes it from assistive technology. */
  | "hidden"
  /** Conditions of a template stand among the attributes. */
  | "template"
  /** Its language has no place for a text where it stands. */
  | "place";

/** What keeps a picture from being marked as decorative. */
export type DecorativeObstacle =
  | Exclude<AltObstacle, "template" | "place">
  /** It is a button, which its text names. */
  | "button"
  /** Its text is the name of the link around it. */
  | "link"
  /** Its language has no way to say that. */
  | "language"
  /** Attributes in braces follow, which belong to Markdown's syntax and to no tag. */
  | "attributes"
  /** A tag in its place would make HTML of the lines below. */
  | "next-line"
  /** Only Markdown's own tools know where its file is. */
  | "wikilink";

/** An element whose name is what it shows. */
export type NamedElement = "link" | "button";

/** What stands around a picture and bears on its text. Words are without markup. */
export interface PictureAround {
  /** It is all that such an element shows, so that its text is their name. */
  readonly names?: NamedElement;
  readonly caption?: string;
  /** The words beside it in the same paragraph, cell, link or button. */
  readonly beside?: string;
  /** A title of its own. */
  readonly title?: string;
  /** A role or attribute of its own hides it, and not only an element around it. */
  readonly isHiddenItself?: true;
  /** What the syntax takes from the text that was written, and what was meant, where that is certain. */
  readonly lost?: { readonly written: string; readonly meant: string | null };
  /** What readers hear where there is no text: a file's name, or a caption. */
  readonly fallback?: string;
  /** The platform passes over it unless it has a text, so none is missing. */
  readonly isOptional?: true;
}

/** How an edit says that a picture carries no meaning. */
export type DecorativeSlot =
  /** By the empty text. */
  | { readonly form: "alt" }
  /** By a tag in place of the reference, which has no words for it. */
  | { readonly form: "tag"; readonly tag: string }
  | { readonly form: "none"; readonly obstacle: DecorativeObstacle };

/** Where and how an edit writes a caption. */
export type CaptionSlot =
  | {
      readonly form: "markdown";
      /** The title with its quotes, empty at the place for a new one; null: in the definition. */
      readonly title: TextSpan | null;
      readonly titlePrefix: string;
      /**
       * What begins the lines of a further paragraph beside the picture's, in its list and quote; null
       * when the picture is not alone in its paragraph.
       */
      readonly linePrefix: string | null;
      readonly isInTable: boolean;
      readonly isMdx: boolean;
    }
  | {
      readonly form: "figure";
      /** The element that belongs into a figure. */
      readonly element: TextSpan;
      /** Content of the figcaption that is already there. */
      readonly caption: TextSpan | null;
      /** The start of `</figure>` when there is a figure already. */
      readonly figureEnd: number | null;
      readonly dialect: AttributeDialect;
    }
  | {
      /** In a place of its own, with what stands around it. */
      readonly form: "own";
      readonly span: TextSpan;
      readonly prefix: string;
      readonly suffix: string;
      readonly dialect: AttributeDialect;
    }
  | { readonly form: "none" };

/** One picture in a document. Offsets hold for the text it was found in, and for no other. */
export interface ImageReference {
  readonly language: AltLanguage;
  readonly syntax: ImageSyntax;
  /** `![…](…)`, or the tag that opens the element. */
  readonly span: TextSpan;
  readonly target: ImageTarget;
  readonly altState: AltState;
  /** The text without escapes; null unless `altState` is `text`. */
  readonly alt: string | null;
  /** The text as written, without quotes or brackets; null unless `altState` is `text`. */
  readonly altSpan: TextSpan | null;
  /**
   * Said to carry no meaning, by an empty `alt`, or by what hides it where there is no text; Markdown's
   * own syntax has no way to say it.
   */
  readonly isDecorative: boolean;
  /** Assistive technology passes over it, because of a role or attribute of its own or around it. */
  readonly isHidden: boolean;
  /** It is all that a link shows, so its text is the link's name. */
  readonly isLink: boolean;
  /** @default nothing is known of it */
  readonly around?: PictureAround;
  readonly altSlot: AltSlot;
  /** Of copies for readers without scripts that have no text of their own. @default none */
  readonly copySlots?: readonly AltSlot[];
  readonly captionSlot: CaptionSlot;
  readonly decorativeSlot: DecorativeSlot;
  /** It stands in a document that is a text of this one. @default it does not */
  readonly embedded?: EmbeddedReference;
}

/** A picture in a text that a JSON document holds, such as a cell of a notebook. */
export interface EmbeddedReference {
  readonly text: string;
  /** Its offsets are those of the text. */
  readonly reference: ImageReference;
  /** Where each unit of the text, and its end, stands in the document. */
  readonly offsets: readonly number[];
}
