/**
 * The user's settings as they are checked before anything believes them: one default and one reader
 * for each. Knows no editor, so a test can compare it with package.json.
 */

import { DEFAULT_COMPONENTS } from "../../alt/formats/findContext";
import { DEMO_MODEL } from "../../model/folder/world";
import { DEVICE_CHOICES, type DeviceChoice } from "../../model/ask/device";
import { homedir } from "node:os";
import path from "node:path";

/** Every setting's value, by its key below `sightline.`. */
export interface SettingValues {
  /** Name of a model in the store, `demo`, or the folder of a converted model. */
  readonly model: string;
  readonly device: DeviceChoice;
  /** An absolute path; "" stands for the platform's cache folder. */
  readonly storageFolder: string;
  readonly idleMinutes: number;
  readonly prepareAhead: boolean;
  /** Where published checkpoints are downloaded from; "" stands for Hugging Face itself. */
  readonly "hub.endpoint": string;
  /** Servers that can answer in the place of this machine, as the user wrote them. */
  readonly "remote.endpoints": readonly unknown[];
  /** Where NVIDIA's libraries are besides the usual places; "" stands for those alone. */
  readonly "cuda.libraryFolder": string;
  readonly "agents.mcpServer": boolean;
  readonly "alt.siteRoots": readonly string[];
  readonly "alt.components": readonly string[];
  readonly "alt.onPaste": boolean;
  readonly "alt.hover": boolean;
  readonly "alt.remoteImages": "ask" | "never";
  /** Whether faults of alternative texts are marked in open documents. */
  readonly "audit.enable": boolean;
  /** Name or folder of a model that compares; "" stands for the one that the engine chooses. */
  readonly "search.model": string;
  /** Whether the demo may compare texts with pictures where no other model does. */
  readonly "audit.compareWithDemo": boolean;
  /** Servers, as `URL.host` names them, whose pictures are fetched without a question. */
  readonly "alt.remoteHosts": readonly string[];
}

export type SettingKey = keyof SettingValues;

/** What package.json says too; a test compares the two. */
export const SETTING_DEFAULTS: SettingValues = {
  model: DEMO_MODEL,
  device: "auto",
  storageFolder: "",
  idleMinutes: 10,
  prepareAhead: true,
  "hub.endpoint": "",
  "remote.endpoints": [],
  "cuda.libraryFolder": "",
  "agents.mcpServer": false,
  "alt.siteRoots": [],
  "alt.components": DEFAULT_COMPONENTS,
  "alt.onPaste": false,
  "alt.hover": true,
  "alt.remoteImages": "ask",
  "alt.remoteHosts": [],
  "audit.enable": true,
  "search.model": "",
  "audit.compareWithDemo": false,
};

/** A day; timers of JavaScript end at 24 days. */
export const MAX_IDLE_MINUTES = 1440;

/** More entries or longer ones are a mistake, and every document would pay for them. */
export const MAX_LIST = 100;
const MAX_TEXT = 4096;

/** The value of a setting, or undefined when what the user wrote cannot be used. */
export function readSetting<K extends SettingKey>(
  key: K,
  value: unknown,
): SettingValues[K] | undefined {
  return READERS[key](value);
}

/** Why the value is not used, for the log. */
export function settingProblem(key: SettingKey, value: unknown): string {
  const shown = value === undefined ? "undefined" : JSON.stringify(value).slice(0, 200);
  const fallback = JSON.stringify(SETTING_DEFAULTS[key]).slice(0, 200);
  return `The setting sightline.${key} cannot be ${shown}; ${fallback} is used instead. ${EXPECTED[key]}`;
}

const READERS: { readonly [K in SettingKey]: (value: unknown) => SettingValues[K] | undefined } = {
  model: (value) => readText(value, 1),
  device: (value) => DEVICE_CHOICES.find((name) => name === value),
  storageFolder: readFolder,
  idleMinutes: (value) =>
    typeof value === "number" && value >= 1 && value <= MAX_IDLE_MINUTES ? value : undefined,
  prepareAhead: readBoolean,
  "hub.endpoint": readAddress,
  "remote.endpoints": (value) =>
    Array.isArray(value) && value.length <= MAX_LIST ? value : undefined,
  "cuda.libraryFolder": readFolder,
  "agents.mcpServer": readBoolean,
  "alt.siteRoots": readTexts,
  "alt.components": readTexts,
  "alt.onPaste": readBoolean,
  "alt.hover": readBoolean,
  "alt.remoteImages": (value) => (value === "ask" || value === "never" ? value : undefined),
  "alt.remoteHosts": readHosts,
  "audit.enable": readBoolean,
  "search.model": (value) => readText(value, 0),
  "audit.compareWithDemo": readBoolean,
};

const EXPECTED: Readonly<Record<SettingKey, string>> = {
  model: "Write the name of a model or the folder of a converted one.",
  device: `Write one of ${DEVICE_CHOICES.join(", ")}.`,
  storageFolder: "Write the absolute path of a folder, or leave it empty.",
  idleMinutes: `Write a number from 1 to ${MAX_IDLE_MINUTES}.`,
  prepareAhead: "Write true or false.",
  "hub.endpoint": "Write an address that begins with https:// or http://, or leave it empty.",
  "remote.endpoints": `Write a list of at most ${MAX_LIST} servers.`,
  "cuda.libraryFolder": "Write the absolute path of a folder, or leave it empty.",
  "agents.mcpServer": "Write true or false.",
  "alt.siteRoots": `Write a list of at most ${MAX_LIST} folders.`,
  "alt.components": `Write a list of at most ${MAX_LIST} names.`,
  "alt.onPaste": "Write true or false.",
  "alt.hover": "Write true or false.",
  "alt.remoteImages": "Write ask or never.",
  "alt.remoteHosts": `Write a list of at most ${MAX_LIST} servers, such as "images.example.org".`,
  "audit.enable": "Write true or false.",
  "search.model": "Write the name of a model or the folder of a converted one, or leave it empty.",
  "audit.compareWithDemo": "Write true or false.",
};

function readText(value: unknown, minLength: number): string | undefined {
  if (typeof value !== "string" || value.length > MAX_TEXT) return undefined;
  const text = value.trim();
  // No name and no path holds a control character, and the operating system would refuse it.
  return text.length < minLength || /\p{Cc}/u.test(text) ? undefined : text;
}

function readFolder(value: unknown): string | undefined {
  const text = readText(value, 0);
  if (text === undefined || text === "") return text;
  const folder = /^~(?=$|[\\/])/.test(text) ? path.join(homedir(), text.slice(1)) : text;
  return path.isAbsolute(folder) ? path.normalize(folder) : undefined;
}

function readAddress(value: unknown): string | undefined {
  const text = readText(value, 0);
  if (text === undefined || text === "") return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "https:" || url?.protocol === "http:" ? text : undefined;
}

function readTexts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_LIST) return undefined;
  const texts = value.map((entry: unknown) => readText(entry, 1));
  const known = texts.filter((text) => text !== undefined);
  return known.length === texts.length ? known : undefined;
}

/** An address or a pattern in the place of a server's name would allow something else than it says. */
function readHosts(value: unknown): readonly string[] | undefined {
  const hosts = readTexts(value)?.map((text) => text.toLowerCase());
  const isHost = (text: string): boolean =>
    !/[*\s]/.test(text) &&
    ["https", "http"].some((scheme) => {
      const address = `${scheme}://${text}`;
      return URL.canParse(address) && new URL(address).host === text;
    });
  return hosts?.every(isHost) === true ? hosts : undefined;
}

function readBoolean(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}
