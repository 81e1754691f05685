/**
 * Where Hugging Face's own tools keep things on this machine, as huggingface_hub finds them: downloads
 * and the token of a user who has signed in. Writes nothing there.
 */

import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Environment } from "./environment";

/** What the places depend on. */
export type HubEnvironment = Pick<Environment, "env" | "homeDir">;

/** Longer is no token. */
const MAX_TOKEN = 4096;
/** What the tools take for true. */
export const IS_TRUE = /^(?:1|on|yes|true)$/i;

/** The folder of downloads. */
export function hubCache(environment: HubEnvironment): string {
  const own = placeOf(environment, "HF_HUB_CACHE") ?? placeOf(environment, "HUGGINGFACE_HUB_CACHE");
  return own ?? path.join(hubHome(environment), "hub");
}

/** Where a token is from: what is set wins over what was kept by a sign-in. */
export interface HubToken {
  readonly token: string;
  readonly from: "variable" | "file";
}

/** The user's token; undefined when there is none. */
export async function hubToken(environment: HubEnvironment): Promise<HubToken | undefined> {
  const { env } = environment;
  const set = tokenOf(env["HF_TOKEN"]) ?? tokenOf(env["HUGGING_FACE_HUB_TOKEN"]);
  if (set !== undefined) return { token: set, from: "variable" };
  if (IS_TRUE.test(env["HF_HUB_DISABLE_IMPLICIT_TOKEN"]?.trim() ?? "")) return undefined;
  // A user without a home folder has no token there.
  const kept = tokenOf(await keptText(environment).catch(() => undefined));
  return kept === undefined ? undefined : { token: kept, from: "file" };
}

async function keptText(environment: HubEnvironment): Promise<string> {
  const named = placeOf(environment, "HF_TOKEN_PATH");
  return await readFile(named ?? path.join(hubHome(environment), "token"), "utf8");
}

function hubHome(environment: HubEnvironment): string {
  const home = placeOf(environment, "HF_HOME");
  if (home !== undefined) return home;
  const base = placeOf(environment, "XDG_CACHE_HOME") ?? path.join(environment.homeDir, ".cache");
  return path.join(base, "huggingface");
}

/** A folder or file that a variable names; "~" is the user's home there. */
function placeOf({ env, homeDir }: HubEnvironment, name: string): string | undefined {
  const value = env[name] ?? "";
  if (value === "") return undefined;
  return /^~(?=$|[\\/])/.test(value) ? path.join(homeDir, value.slice(1)) : value;
}

/** A file that is something else, or none, sends nothing anywhere. */
function tokenOf(text: string | undefined): string | undefined {
  const token = text?.trim() ?? "";
  return token === "" || token.length > MAX_TOKEN || !/^[\x21-\x7e]+$/.test(token)
    ? undefined
    : token;
}
