/** What a rule of the audit is, and what it is given. Knows no file system and no editor. */

import type { ImageReference, TextEdit } from "../alt/imageReference";
import type { MismatchKind, SeenInPicture } from "../model/ask/textScores";
import type { ResolvedTarget } from "../alt/resolve/resolveTarget";
import type { Said } from "./messages";

/** Rules by how much a reader loses, the worst first: of several at one picture the first is told. */
// prettier-ignore
export const RULE_IDS = [
  "missing", "link-unnamed", "placeholder", "filename", "text-lost", "hidden-conflict",
  "redundant-prefix", "same-as-text", "repeated", "too-long", "mismatch", "stale", "decorative-doubt",
  "image-of-text", "unresolved",
] as const;

export type RuleId = (typeof RULE_IDS)[number];

/** Levels, the worst first. A hint is dotted in an editor and is in no list of problems. */
export const LEVELS = ["error", "warn", "info", "hint"] as const;

export type Level = (typeof LEVELS)[number];

/** What people and other tools know a rule by. */
export interface RuleFacts {
  readonly id: RuleId;
  readonly level: Level;
  /** What it finds, in a few words. */
  readonly title: string;
  /** Why that matters and what to do. */
  readonly help: string;
  /** Success criteria of WCAG 2.2, such as `1.1.1`; none for advice. */
  readonly criteria: readonly string[];
  /** Techniques and failures of WCAG, such as `F65`. */
  readonly techniques: readonly string[];
  /** Ids of ACT rules. */
  readonly act: readonly string[];
  /** Names that other tools give it. */
  readonly aliases: readonly string[];
  /**
   * What has to be asked before it can find all that it looks for: a model, whose opinion is wrong more often than
   * not, or a repository's history. @default nothing but the document and its pictures
   */
  readonly asks?: "model" | "history";
}

export interface Rule extends RuleFacts {
  /** Undefined where nothing is wrong. */
  readonly check: (picture: AuditPicture, document: AuditDocument) => Violation | undefined;
}

export interface Violation {
  readonly says: readonly Said[];
  /** Other pictures of the document that it speaks of. @default none */
  readonly related?: readonly AuditPicture[];
  /** Asked for only where somebody wants them: each costs a reading of the document. */
  readonly fixes?: () => readonly Fix[];
}

/** What a fix does, so that others can say it in their own language. */
export type FixKind = "moveTitle" | "quote" | "dropPrefix" | "decorative" | "exchange";

export interface Fix {
  readonly kind: FixKind;
  readonly title: string;
  readonly edits: readonly TextEdit[];
  /** It needs no judgement, so that it may be applied unseen. */
  readonly isSafe: boolean;
  /** Another picture whose text it changes, too. @default none */
  readonly partner?: AuditPicture;
}

export interface AuditPicture {
  readonly reference: ImageReference;
  readonly resolved: ResolvedTarget;
  /** @default no model was asked, or it had nothing to say */
  readonly mismatch?: Mismatched;
  /** Pixels of its file. @default nobody looked, or its size is not told */
  readonly size?: PixelSize;
  /** The repository's history says that its file changed after its text did. @default false, or nobody asked */
  readonly isNewerThanText?: boolean;
  /** @default no model was asked, or it was not sure */
  readonly seen?: SeenInPicture;
}

/** Of a picture's file. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** That a text fits another picture better. */
export interface Mismatched {
  readonly kind: MismatchKind;
  /** The other picture's file, as people call it. */
  readonly fits: string;
  /** Where texts were swapped, the other text. @default not known, or not swapped */
  readonly partner?: SwapPartner;
}

/** The other of two texts that were swapped. */
export interface SwapPartner {
  readonly alt: string;
  /** Its picture's file. */
  readonly picture: string;
  /** Its document, as whoever compared calls it. @default the same document */
  readonly document?: string;
}

export interface RuleOptions {
  /** Characters beyond which a text is called long. */
  readonly maxLength: number;
  /** Whether a title counts as a picture's text, as browsers have it. */
  readonly title: "accept" | "report";
  /** Texts that are right although a rule doubts them, such as `npm`, in small letters. */
  readonly allowed: ReadonlySet<string>;
  /** Further placeholders, in small letters. */
  readonly placeholders: ReadonlySet<string>;
}

export interface AuditDocument {
  readonly text: string;
  /** In the order of the text. */
  readonly pictures: readonly AuditPicture[];
  readonly options: RuleOptions;
}

/** One picture, and the worst that is wrong with its text. */
export interface Finding {
  readonly rule: RuleId;
  readonly level: Level;
  readonly says: readonly Said[];
  /** The same in English. */
  readonly message: string;
  readonly picture: AuditPicture;
  /** Rules that say something of the same picture, too. */
  readonly also: readonly RuleId[];
  /** Other pictures of the document that it speaks of. */
  readonly related: readonly AuditPicture[];
  readonly fixes: () => readonly Fix[];
}
