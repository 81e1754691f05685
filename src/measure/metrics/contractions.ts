/**
 * Contractions that lost an apostrophe, as the VQA evaluation mends them: whole words in lower case.
 * The evaluation's own table has entries with capitals, which nothing in lower case can match; they are left out.
 */

/** Each is mended from every spelling that lacks one of its apostrophes. */
const CONTRACTIONS = `
  ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't
  he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've
  mustn't must've needn't not've o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't
  shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've someone'll someone's
  something'd something'd've something'll that's there'd there'd've there're there's they'd they'd've
  they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's what've when's
  where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've
  wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've`;

const MENDED: ReadonlyMap<string, string> = new Map([
  ...CONTRACTIONS.trim()
    .split(/\s+/)
    .flatMap((whole) =>
      [...whole.matchAll(/'/g)].map(
        ({ index }) => [whole.slice(0, index) + whole.slice(index + 1), whole] as const,
      ),
    ),
  // The evaluation's table has this pair the wrong way round.
  ["somebody'd", "somebodyd"],
]);

/** A word with its apostrophe put back; itself if none is known to be missing. */
export function mendContraction(word: string): string {
  return MENDED.get(word) ?? word;
}
