/** A picture of a language without tags: what its finder knows, with the usual for all else. */

import type {
  AltObstacle,
  AltSlot,
  AltState,
  AttributeDialect,
  CaptionSlot,
  DecorativeSlot,
  ImageReference,
  ImageTarget,
  PictureAround,
  TextSpan,
} from "../imageReference";
import type { AltLanguage } from "../languages";

export interface PlainImage {
  readonly language: AltLanguage;
  readonly syntax: AttributeDialect;
  readonly span: TextSpan;
  readonly target: ImageTarget;
  /** The text that is there; null where there is none. */
  readonly alt: { readonly text: string; readonly span: TextSpan } | null;
  /** @default "text" or "absent" */
  readonly state?: AltState;
  /** Where a text is written; an obstacle where it cannot be. */
  readonly slot: Extract<AltSlot, { form: "attribute" }> | AltObstacle;
  readonly caption?: CaptionSlot;
  /** @default by the empty text */
  readonly decorative?: DecorativeSlot;
  /** @default an empty text */
  readonly isDecorative?: boolean;
  readonly isHidden?: boolean;
  readonly around?: PictureAround;
}

export function plainImage(given: PlainImage): ImageReference {
  const { alt, slot, around = {}, isHidden = false } = given;
  const state = given.state ?? (alt === null ? "absent" : "text");
  const isText = state === "text" && alt !== null;
  const isComputed = state === "dynamic" || state === "named";
  const isLink = around.names === "link";
  const isDecorative = given.isDecorative ?? (isText && alt.text === "");
  const decorative = given.decorative ?? { form: "alt" };
  return {
    language: given.language,
    syntax: given.syntax,
    span: given.span,
    target: given.target,
    altState: state,
    alt: isText ? alt.text : null,
    altSpan: isText ? alt.span : null,
    isDecorative,
    isHidden,
    isLink,
    around,
    altSlot: typeof slot === "string" ? { form: "none", obstacle: slot } : slot,
    captionSlot: given.caption ?? { form: "none" },
    decorativeSlot: isComputed
      ? { form: "none", obstacle: "computed" }
      : isLink && !isDecorative
        ? { form: "none", obstacle: "link" }
        : typeof slot === "string" && decorative.form === "alt"
          ? { form: "none", obstacle: "language" }
          : decorative,
  };
}

/** The usual slot of a language: what stands before a value, and where. */
export function slotAt(
  span: TextSpan,
  dialect: AttributeDialect,
  more: {
    readonly prefix?: string;
    readonly suffix?: string;
    readonly quote?: '"' | "'";
    readonly isInTable?: boolean;
  } = {},
): Extract<AltSlot, { form: "attribute" }> {
  const { prefix = "", suffix = "", quote = '"', isInTable = false } = more;
  return { form: "attribute", span, prefix, suffix, quote, dialect, isInTable };
}

/** An address with the endings that a tool puts to it when it has none. */
export function withEndings(path: string, endings: readonly string[]): string[] {
  return endings.map((ending) => path + ending);
}

/** A place in a document without any length. */
export function at(offset: number): TextSpan {
  return { start: offset, end: offset };
}
