/** How a server is named in the place of a model. */

export const REMOTE = "remote:";

/** The server's name in what `--model` or a setting says; undefined for a model of this machine. */
export function remoteName(model: string | undefined): string | undefined {
  return model?.startsWith(REMOTE) === true ? model.slice(REMOTE.length) : undefined;
}
