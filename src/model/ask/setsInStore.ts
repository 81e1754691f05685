/** What is here of a set, what is missing, and what goes with it. */

/** Names of models in the store, and names of the catalogue that are missing. */
export interface SetInStore {
  readonly name: string;
  readonly models: readonly string[];
  readonly missing?: readonly string[] | undefined;
}

/**
 * The models that go with a set: those that nothing else holds.
 * @param held other sets, of which the whole ones count, and what is chosen by itself.
 */
export function modelsOnlyIn(
  set: SetInStore,
  held: { readonly sets: readonly SetInStore[]; readonly chosen?: string },
): readonly string[] {
  const others = held.sets.filter(({ name, missing = [] }) => {
    return name !== set.name && missing.length === 0;
  });
  return set.models.filter(
    (model) => model !== held.chosen && !others.some(({ models }) => models.includes(model)),
  );
}
