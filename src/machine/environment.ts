/** What of its surroundings a process reads, so that a test can give others. */

/** A process passes its own. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Read only where nothing else says where the store is: it may fail, see `homeFolder`. */
  readonly homeDir: string;
}
