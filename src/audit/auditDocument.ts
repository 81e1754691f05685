/** The findings of one document: one for a picture, the worst, with what else is wrong beside it. */

import { findImages } from "../alt/formats/findImages";
import type { ImageReference } from "../alt/imageReference";
import { applyEdits } from "../alt/textEdit";
import type {
  AuditDocument,
  AuditPicture,
  Finding,
  Fix,
  Level,
  RuleId,
  RuleOptions,
  Violation,
} from "./rule";
import { DEFAULT_OPTIONS } from "./config/defaultOptions";
import { englishOf } from "./messages";
import { RULES } from "./ruleTable";
import { Suppressions } from "./suppressions";

export interface AuditSettings {
  /** Rules with another level than their own; `off` leaves one out. @default none */
  readonly levels?: ReadonlyMap<RuleId, Level | "off">;
  /** @default DEFAULT_OPTIONS */
  readonly options?: RuleOptions;
  /** Whether comments for other linters count, too. @default true */
  readonly honorsOthers?: boolean;
  /** Names of components that show a picture, with which a fix is read back. @default the usual ones */
  readonly components?: readonly string[];
}

export interface DocumentFindings {
  readonly findings: readonly Finding[];
  /** Those that a comment in the document takes back. */
  readonly suppressed: readonly Finding[];
  /** Lines, from zero, of comments that take nothing back. */
  readonly unusedLines: readonly number[];
}

/** @param pictures those of the document, in the order of the text. */
export function auditDocument(
  text: string,
  pictures: readonly AuditPicture[],
  settings: AuditSettings = {},
): DocumentFindings {
  const { levels, options = DEFAULT_OPTIONS, honorsOthers = true } = settings;
  const document: AuditDocument = { text, pictures, options };
  const rules = RULES.filter(({ id }) => levels?.get(id) !== "off");
  const comments = new Suppressions(text, { honorsOthers });
  const findings: Finding[] = [];
  const suppressed: Finding[] = [];
  for (const picture of pictures) {
    const told: { readonly rule: RuleId; readonly level: Level; readonly what: Violation }[] = [];
    const silenced: typeof told = [];
    for (const rule of rules) {
      const what = rule.check(picture, document);
      if (what === undefined) continue;
      const level = levels?.get(rule.id) ?? rule.level;
      const found = { rule: rule.id, level: level === "off" ? rule.level : level, what };
      (comments.covers(picture.reference.span, rule) ? silenced : told).push(found);
    }
    for (const [list, target] of [
      [told, findings],
      [silenced, suppressed],
    ] as const) {
      const [worst, ...others] = list;
      if (worst === undefined) continue;
      const { rule, level, what } = worst;
      const fixes = (): readonly Fix[] =>
        (what.fixes?.() ?? []).filter((fix) => readsBack(document, picture, { fix, settings }));
      const also = others.map((other) => other.rule);
      const { says, related = [] } = what;
      target.push({ rule, level, says, message: englishOf(says), picture, also, related, fixes });
    }
  }
  return { findings, suppressed, unusedLines: comments.unusedLines() };
}

/** A fix is offered only when the document with it has the same pictures, and this one another text. */
function readsBack(
  { text, pictures }: AuditDocument,
  { reference }: AuditPicture,
  { fix, settings }: { readonly fix: Fix; readonly settings: AuditSettings },
): boolean {
  if (fix.edits.length === 0) return false;
  let found: readonly ImageReference[];
  try {
    const { components } = settings;
    const options = components === undefined ? {} : { components };
    found = findImages(applyEdits(text, fix.edits), reference.language, options);
  } catch {
    return false;
  }
  return (
    found.length === pictures.length &&
    pictures.every((other, index) => {
      const now = found[index];
      const before = other.reference;
      if (now?.target.value !== before.target.value) return false;
      const isOther = now.alt !== before.alt || now.isDecorative !== before.isDecorative;
      const isMeant = before === reference || other === fix.partner;
      return isMeant ? isOther : now.alt === before.alt;
    })
  );
}
