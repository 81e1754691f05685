/** Whether a tool has made a folder: by its own name, what lies beside it, or what lies in it. */

import { TOOL_FOLDERS, VERSION_CONTROL_FOLDERS } from "./toolFolders";

/** Why a folder is not searched. */
export type SkipReason =
  /** Nobody keeps documents there, so it is not worth a word. */
  "version-control" | "tool" | "hidden" | "gitignore";

/** Hidden folders that people write documents, pages and components in. */
// prettier-ignore
const KEPT_HIDDEN: ReadonlySet<string> = new Set([
  ".github", ".gitlab", ".gitea", ".forgejo", ".vitepress", ".vuepress", ".storybook",
  ".gitbook", ".dumi", ".changeset", ".well-known",
]);

const VERSION_CONTROL: ReadonlySet<string> = new Set(VERSION_CONTROL_FOLDERS);
const TOOLS: ReadonlySet<string> = new Set(TOOL_FOLDERS);

interface Output {
  /** A file or folder beside it; the tool is configured there. */
  readonly beside: RegExp;
  /** Where that tool writes unless it is told otherwise. */
  readonly folders: readonly string[];
}

const OUTPUTS: readonly Output[] = [
  { beside: /^docusaurus\.config\.[cm]?[jt]s$/, folders: ["build"] },
  { beside: /^_config\.(?:ya?ml|toml)$/, folders: ["_site"] },
  { beside: /^(?:\.eleventy|eleventy\.config)\.[cm]?[jt]s$/, folders: ["_site"] },
  { beside: /^hugo\.(?:toml|ya?ml|json)$/, folders: ["public", "resources"] },
  { beside: /^gatsby-config\.[cm]?[jt]s$/, folders: ["public"] },
  { beside: /^scaffolds$/, folders: ["public"] },
  { beside: /^next\.config\.[cm]?[jt]s$/, folders: ["out"] },
  { beside: /^(?:astro|vite|vue|rollup|webpack|quasar)\.config\.[cm]?[jt]s$/, folders: ["dist"] },
  { beside: /^angular\.json$/, folders: ["dist"] },
  { beside: /^svelte\.config\.[cm]?[jt]s$/, folders: ["build"] },
  { beside: /^mkdocs\.ya?ml$/, folders: ["site"] },
  { beside: /^book\.toml$/, folders: ["book"] },
  { beside: /^conf\.py$/, folders: ["_build"] },
  { beside: /^_quarto\.yml$/, folders: ["_site", "_book"] },
  { beside: /^(?:Cargo\.toml|pom\.xml|build\.sbt|project\.clj)$/, folders: ["target"] },
  { beside: /^build\.gradle(?:\.kts)?$/, folders: ["build"] },
  { beside: /^(?:composer\.json|go\.mod)$/, folders: ["vendor"] },
  { beside: /^Podfile$/, folders: ["Pods"] },
  { beside: /^mix\.exs$/, folders: ["_build", "deps"] },
];

/** What only a tool leaves in a folder that it has made. */
// prettier-ignore
const MADE_INSIDE: readonly RegExp[] = [
  // An environment of Python; a cache that says so (bford.info/cachedir); packages of PHP and Go.
  /^pyvenv\.cfg$/, /^CACHEDIR\.TAG$/, /^autoload\.php$/, /^modules\.txt$/,
  // Reports on what tests cover.
  /^lcov\.info$/, /^lcov-report$/, /^coverage-final\.json$/,
  // Sites as Next.js, Nuxt, Astro, Create React App and Sphinx leave them.
  /^_next$/, /^_nuxt$/, /^_astro$/, /^asset-manifest\.json$/, /^objects\.inv$/,
];

/**
 * Why a folder is not searched, as far as names tell; undefined when it may be.
 * @param place the name of the folder around it, and all names in there.
 */
export function skippedByName(
  name: string,
  place: { readonly folder: string; readonly names: readonly string[] },
): SkipReason | undefined {
  if (VERSION_CONTROL.has(name)) return "version-control";
  if (TOOLS.has(name) || isGeneratorsOutput(name, place.folder)) return "tool";
  if (name.startsWith(".") && !KEPT_HIDDEN.has(name)) return "hidden";
  const isOutput = OUTPUTS.some(
    ({ beside, folders }) =>
      folders.includes(name) && place.names.some((other) => beside.test(other)),
  );
  return isOutput ? "tool" : undefined;
}

/** True when what lies in a folder tells that a tool has made it. */
export function isMadeByTool(content: readonly string[]): boolean {
  return content.some((name) => MADE_INSIDE.some((pattern) => pattern.test(name)));
}

/** VitePress and VuePress build within their own hidden folder. */
function isGeneratorsOutput(name: string, parent: string): boolean {
  const isGenerator = parent === ".vitepress" || parent === ".vuepress";
  return isGenerator && (name === "dist" || name === "cache");
}
