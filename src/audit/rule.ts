/** What a rule of the audit is, and what it is given. Knows no file system and no editor. */

import type { ImageReference, TextEdit } from "../alt/imageReference";
import type { MismatchKind } from "../model/ask/textScores";
import type { ResolvedTarget } from "../alt/resolve/resolveTarget";
import type { Said } from "./messages";

/** Rules by how much a reader loses, the worst first: of several at one picture the first is told. */
// prettier-ignore
export const RULE_IDS = [
  "missing", "link-unnamed", "placeholder", "filename", "text-lost", "hidden-conflict",
  "redundant-prefix", "same-as-text", "repeated", "too-long", "mismatch", "unresolved",
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
  /** A model's opinion, which is wrong more often than not; nothing is told where nobody asked one. */
  readonly isGuess?: true;
}

export interface Rule extends RuleFacts {
  /** Undefined where nothing is wrong. */
  readonly check: (picture: AuditPicture, document: AuditDocument) => Violation | undefined;
}

export interface Violation {
  readonly says: readonly Said[];
  /** Asked for only where somebody wants them: each costs a reading of the document. */
  readonly fixes?: () => readonly Fix[];
}

/** What a fix does, so that others can say it in their own language. */
export type FixKind = "moveTitle" | "quote" | "dropPrefix" | "decorative";

export interface Fix {
  readonly kind: FixKind;
  readonly title: string;
  readonly edits: readonly TextEdit[];
  /** It needs no judgement, so that it may be applied unseen. */
  readonly isSafe: boolean;
}

export interface AuditPicture {
  readonly reference: ImageReference;
  readonly resolved: ResolvedTarget;
  /** @default no model was asked, or it had nothing to say */
  readonly mismatch?: Mismatched;
}

/** That a text fits another picture better. */
export interface Mismatched {
  readonly kind: MismatchKind;
  /** The other picture's file, as people call it. */
  readonly fits: string;
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
  readonly fixes: () => readonly Fix[];
}
