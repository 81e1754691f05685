/** A server that answers in the place of this machine: its address and what it is, checked before anything is sent. */

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import { REMOTE } from "./remoteName";

/** What every runtime has; the types of this room know none. */
declare const URL: {
  canParse(text: string): boolean;
  new (
    text: string,
  ): Readonly<
    Record<"protocol" | "hostname" | "origin" | "pathname" | "username" | "password", string>
  >;
};

/** How a server wants its questions; each speaks OpenAI's chat completions. */
export const DIALECTS = ["transformers", "vllm"] as const;
export type Dialect = (typeof DIALECTS)[number];

/** The same, and the one whose servers run graphs (KServe v2). */
export const SERVER_DIALECTS = [...DIALECTS, "kserve"] as const;
export type ServerDialect = (typeof SERVER_DIALECTS)[number];

export const REMOTE_FAMILIES = ["opt", "t5"] as const;
export type RemoteFamily = (typeof REMOTE_FAMILIES)[number];

/** What every server has. */
export interface ServerEndpoint {
  /** What `--model remote:NAME` says. */
  readonly name: string;
  /** Without a path of the protocol. */
  readonly url: string;
  /** Most requests in flight. */
  readonly maxParallel: number;
  /** Longest wait for the first byte of an answer. */
  readonly timeoutSeconds: number;
}

/** A server that runs graphs of a model of this machine (KServe v2). */
export interface GraphEndpoint extends ServerEndpoint {
  readonly dialect: "kserve";
  /** The model's name here. */
  readonly model: string;
}

export type AnyEndpoint = RemoteEndpoint | GraphEndpoint;

/** A server that answers (chat completions). */
export interface RemoteEndpoint extends ServerEndpoint {
  readonly dialect: Dialect;
  /** The model's name there. */
  readonly model: string;
  readonly family: RemoteFamily;
  /** Pixels on each side of what the model sees. */
  readonly imageSize: number;
  /** Of the checkpoint's generation_config.json, which a request to transformers replaces. */
  readonly tokens: SpecialTokens;
}

export interface SpecialTokens {
  readonly bos_token_id?: number;
  readonly eos_token_id: number;
  readonly pad_token_id: number;
  readonly decoder_start_token_id?: number;
}

/** Those of the published checkpoints: a line break ends OPT's texts. */
const TOKENS: Readonly<Record<RemoteFamily, SpecialTokens>> = {
  opt: { bos_token_id: 2, eos_token_id: 50118, pad_token_id: 1 },
  t5: { decoder_start_token_id: 0, eos_token_id: 1, pad_token_id: 0 },
};

/** What a setting or `--model` says for a server. */
export function modelOfServer(name: string): string {
  return `${REMOTE}${name}`;
}

/**
 * The endpoints of a list whose servers answer.
 * @param file where the list is from, for messages.
 * @throws AppError `option.invalid`, naming the field.
 */
export function readEndpoints(list: unknown, file: string): readonly RemoteEndpoint[] {
  return objectsOf(list, file).map((given) => readEndpoint(given, file));
}

/** The endpoints of a list, also of servers that only run graphs. @throws AppError as `readEndpoints`. */
export function readAllEndpoints(list: unknown, file: string): readonly AnyEndpoint[] {
  return objectsOf(list, file).map((given) =>
    given.raw("dialect") === "kserve"
      ? { dialect: "kserve", model: given.string("model"), ...readServer(given, file) }
      : readEndpoint(given, file),
  );
}

function objectsOf(list: unknown, file: string): readonly JsonObject[] {
  if (!Array.isArray(list)) {
    throw new AppError("option.invalid", `${file} must hold a list of endpoints.`);
  }
  return list.map((each: unknown) => new JsonObject(each, { file, code: "option.invalid" }));
}

function readServer(given: JsonObject, file: string): ServerEndpoint {
  return {
    name: given.string("name"),
    url: checkedUrl(given.string("url"), file),
    maxParallel: wholeNumber(given, "maxParallel", { usual: 4, max: 256 }),
    timeoutSeconds: wholeNumber(given, "timeoutSeconds", { usual: 120, max: 3600 }),
  };
}

function wholeNumber(
  given: JsonObject,
  key: string,
  { usual, max }: { readonly usual: number; readonly max: number },
): number {
  if (!given.has(key)) return usual;
  const number = given.number(key);
  return Number.isInteger(number) && number >= 1 && number <= max
    ? number
    : given.fail(key, `a whole number from 1 to ${max}`);
}

function readEndpoint(given: JsonObject, file: string): RemoteEndpoint {
  const oneOf = <T extends string>(key: string, known: readonly T[]): T => {
    const found = known.find((each) => each === given.raw(key));
    return found ?? given.fail(key, `one of ${known.join(", ")}`);
  };
  const family = oneOf("family", REMOTE_FAMILIES);
  const dialect = oneOf("dialect", DIALECTS);
  if (dialect === "vllm" && family === "t5") {
    given.fail("family", '"opt", because vLLM serves BLIP-2 with OPT only');
  }
  return {
    ...readServer(given, file),
    ...{ dialect, family },
    model: given.string("model"),
    imageSize: wholeNumber(given, "imageSize", { usual: 224, max: 1024 }),
    tokens: given.has("tokens") ? readTokens(given.object("tokens")) : TOKENS[family],
  };
}

function readTokens(tokens: JsonObject): SpecialTokens {
  const id = (key: keyof SpecialTokens): object =>
    tokens.has(key) ? { [key]: tokens.number(key) } : {};
  return {
    ...id("bos_token_id"),
    ...id("decoder_start_token_id"),
    eos_token_id: tokens.number("eos_token_id"),
    pad_token_id: tokens.number("pad_token_id"),
  };
}

/** True for https, and for http that ends on this machine; a password in an address would be shown with it. */
export function isSafeUrl({
  protocol,
  hostname,
  username,
  password,
}: Readonly<Record<"protocol" | "hostname" | "username" | "password", string>>): boolean {
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
  const isSafe = protocol === "https:" || (protocol === "http:" && isLoopback);
  return isSafe && username === "" && password === "";
}

/**
 * The address of a server as it is used, without a path of the protocol; undefined where nothing may be sent there:
 * pictures and a token go that way, so it has to be encrypted unless it ends on this machine.
 */
export function safeAddress(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !isSafeUrl(url)) return undefined;
  // Other clients want the version of the protocol in the address, and people copy it.
  return `${url.origin}${url.pathname.replace(/\/+$/, "").replace(/\/v[12]$/, "")}`;
}

function checkedUrl(text: string, file: string): string {
  const address = safeAddress(text);
  if (address !== undefined) return address;
  throw new AppError(
    "option.invalid",
    `${file}: "url" must begin with https://, or with http:// and name this machine, and hold no password.`,
  );
}
