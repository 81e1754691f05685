/** What is said of settings that cannot be used; who starts the editor needs none of it. */

import { DEVICE_CHOICES } from "../../model/ask/device";
import { MAX_IDLE_MINUTES, MAX_LIST, SETTING_DEFAULTS, type SettingKey } from "./settingValues";

/** Why the value is not used, for the log. */
export function settingProblem(key: SettingKey, value: unknown): string {
  const shown = value === undefined ? "undefined" : JSON.stringify(value).slice(0, 200);
  const fallback = JSON.stringify(SETTING_DEFAULTS[key]).slice(0, 200);
  return `The setting sightline.${key} cannot be ${shown}; ${fallback} is used instead. ${EXPECTED[key]}`;
}

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
};
