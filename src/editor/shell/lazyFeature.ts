/** What is loaded when it is first used, so that the editor's start does not wait for it. */

import type { CommandId } from "./commandIds";
import type { CommandHandler, Feature } from "./services";

/** A feature that has at least these commands. */
export type FeatureWith<K extends CommandId> = Feature & {
  readonly commands: Readonly<Record<K, CommandHandler>>;
};

/** Loads once, when it is first called; what failed is tried again with the next call. */
export function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((thrown: unknown) => {
      loaded = undefined;
      throw thrown;
    });
    return loaded;
  };
}

/** The commands of a feature, and the feature itself for whatever else needs it. */
export interface LazyFeature<K extends CommandId, F> extends FeatureWith<K> {
  readonly feature: () => Promise<F>;
}

/**
 * A feature that is loaded when one of its commands is first run, or when it is asked for. One that is
 * still being loaded when this one is disposed of is disposed of as soon as it is there.
 */
export function lazyFeature<K extends CommandId, F extends FeatureWith<K>>(
  ids: readonly K[],
  load: () => Promise<F>,
): LazyFeature<K, F> {
  let loading: Promise<F> | undefined;
  const feature = lazy(() => (loading = load()));
  const late = (id: K): [K, CommandHandler] => [
    id,
    async (...args) => await (await feature()).commands[id](...args),
  ];
  return {
    commands: Object.fromEntries(ids.map(late)) as Record<K, CommandHandler>,
    feature,
    dispose: () => {
      // What could not be loaded has nothing to end.
      loading?.then(
        (loaded) => {
          loaded.dispose();
        },
        () => undefined,
      );
    },
  };
}
