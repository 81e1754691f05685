/** Parts of a tokenizer.json that both tokenizers of the world have. */

export function addedTokens(tokens: readonly { content: string; id: number }[]): object[] {
  return tokens.map(({ content, id }) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
}

/** Special tokens around a text. */
export function template(options: {
  before: string;
  after?: string;
  idOf: (token: string) => number;
}): object {
  const { before, after, idOf } = options;
  const tokens = after === undefined ? [before] : [before, after];
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } });
  const end = after === undefined ? [] : [special(after)];
  return {
    type: "TemplateProcessing",
    single: [special(before), sequence("A"), ...end],
    pair: [special(before), sequence("A"), ...end, sequence("B"), ...end],
    special_tokens: Object.fromEntries(
      tokens.map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }]),
    ),
  };
}
