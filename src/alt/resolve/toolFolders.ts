/** Folders that nobody's documents or pictures lie in, by their names alone: tools own these names. */

/** What version control keeps; nobody misses it, so nothing is said of it. */
// prettier-ignore
export const VERSION_CONTROL_FOLDERS: readonly string[] = [
  ".git", ".hg", ".svn", ".bzr", ".jj", ".pijul", "CVS",
];

/** Packages, caches and builds that a tool has made, under names that no chapter has. */
// prettier-ignore
export const TOOL_FOLDERS: readonly string[] = [
  "node_modules", "bower_components", "jspm_packages", "elm-stuff", "__pycache__",
  ".venv", ".tox", ".nox", ".eggs", ".mypy_cache", ".pytest_cache", ".ruff_cache",
  ".ipynb_checkpoints", ".bundle", ".gradle", ".dart_tool", ".terraform", ".pnpm-store",
  ".yarn", ".cache", ".parcel-cache", ".turbo", ".nx", ".angular", ".rollup.cache",
  ".next", ".nuxt", ".output", ".svelte-kit", ".docusaurus", ".astro", ".vercel", ".netlify",
  ".jekyll-cache", ".sass-cache", ".nyc_output", ".vscode-test", ".expo", ".wrangler",
  ".quarto", ".temp", ".tmp",
];
