/** Abbreviations that the Penn Treebank's tokenizer of CoreNLP 3.4.1 knows, without their full stop. */

import { capitals, choice, one, sequence, some, words, type Pattern } from "./patterns";

const MONTHS_AND_DAYS = `
  Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec
  Mon Tue Tues Wed Thu Thurs Fri`;
const STATES = `
  Ala Ariz Calif Colo Conn Ct Dak Fla Ga Ind Kan Kans Ky Md Mich Minn Mo Mont Neb Nev Okla Penn Tenn
  Va Vt Wis Wisc Wyo`;
/** In small letters these are words. */
const STATES_IN_CAPITALS = "Az Ark Del Ill La Mass Miss Ore Pa Tex Wash";
const COMPANIES = `
  Inc Co Cos Corp Pty Pte Ptys Ptes Ppty Ppte Pptys Pptes Ltd Plc Rt Bancorp Bhd Assn Univ Intl Sys`;
const BEHIND_NAMES = "Jr Sr Bros Ed.D Ph.D Blvd Rd Esq";
const OTHERS = "tel est ext sq etc al seq Bldg";

/** A sentence may end with them. */
export const ENDING: Pattern = choice(
  words(`${MONTHS_AND_DAYS} ${STATES} ${COMPANIES} ${BEHIND_NAMES} ${OTHERS}`),
  capitals(STATES_IN_CAPITALS),
);

const TITLES = `
  Mr Mrs Ms Dr Drs Prof Profs Sen Sens Rep Reps Atty Attys Lt Col Gen Messrs Gov Govs Adm Rev Maj Sgt
  Cpl Pvt Capt St Ste Ave Pres Lieut Hon Brig Cmdr Comdr Pfc Spc Supt Supts Det Mt Ft Adj Adv Asst
  Assoc Ens Insp Mlle Mme Msgr Sfc`;

const LETTER = one("[A-Za-z]");
const COUNTRIES: Pattern = choice(
  sequence(words("Canada Sino Korean EU Japan non"), "-U.S"),
  sequence("U.S.-", words("U.K U.S.S.R")),
);

/** Letters with full stops between, two at least. */
export const INITIALS: Pattern = choice(sequence(LETTER, some(sequence(".", LETTER))), COUNTRIES);
/** The same, or a single letter. */
export const ACRONYM: Pattern = choice(LETTER, INITIALS);

/** A word follows them, often with a capital. */
export const LEADING: Pattern = choice(
  words(`${TITLES} vs Alex Wm Jos Cie a.k.a cf TREAS Ph Invt Elec Natl Mfg Mtg Dept`),
  capitals("Miss"),
  ACRONYM,
);

/** Only before a number. */
export const BEFORE_NUMBERS: Pattern = words("ca fig figs prop no nos art bldg pp op");

/** Of a company, with its full stop, before "Ltd" or "Limited". */
export const BEFORE_LIMITED: Pattern = sequence(choice(sequence("pt", one("[eyEY]")), "co"), ".");

/** What begins a sentence behind an acronym, so that its full stop ends the one before. */
export const SENTENCE_STARTS: Pattern = capitals(`
  About According Additionally After An A As At But Earlier He Her Here However If In It Last Many
  More Mr. Ms. Now Once One Other Our She Since So Some Such That The Their Then There These They
  This We When While What Yet You`);
