/** What each generator of sites takes addresses for: its marks, and what its configuration can move. */

import { joinPath } from "../resolve/slashPath";
import type { SiteConfig } from "./siteConfig";

/** A folder whose content appears at an address; the empty address is the site's root. */
export interface Mount {
  readonly at: string;
  readonly folder: string;
}

export interface Site {
  /** Where its configuration lies. */
  readonly folder: string;
  readonly mounts: readonly Mount[];
  /** What the site puts before its addresses, such as `/docs`; empty for none. */
  readonly base: string;
  /** Beginnings of addresses, and the folders that they mean. */
  readonly aliases: readonly (readonly [string, string])[];
  /** A page's address is not that of its document, so a relative one may begin at the site's root. */
  readonly isPageElsewhere: boolean;
  /** A picture may lie in a folder that has the document's name. */
  readonly hasAssetFolders: boolean;
  /** Folders of documents that the configuration names, wherever they lie. */
  readonly documents: readonly string[];
  /** It builds programs; documents around it may belong to another site. */
  readonly isBundler: boolean;
  /** Markdown is read as MDX, unless a document says otherwise. */
  readonly readsMdx: boolean;
  readonly config: SiteConfig;
}

/** A folder that may be a site's. */
export interface SiteFolder {
  readonly folder: string;
  /** What lies in it. */
  readonly names: readonly string[];
  readonly config: SiteConfig;
}

export interface SiteRule {
  /** The file or folder that tells. */
  readonly mark: RegExp;
  /** What must lie beside it. */
  readonly beside?: RegExp;
  /** Where its configuration is looked for, when the mark is a folder. */
  readonly configs?: readonly string[];
  /** Undefined for a folder that is none of its sites after all. */
  readonly read: (site: SiteFolder) => SitePart | undefined;
}

/** What differs from the usual: a mount of the folder itself and nothing else. */
type SitePart = Partial<Omit<Site, "folder" | "config">>;

const SCRIPT = "[cm]?[jt]s";

function scripts(...stems: readonly string[]): RegExp {
  return new RegExp(`^(?:${stems.join("|")})\\.${SCRIPT}$`);
}

function scriptNames(...stems: readonly string[]): string[] {
  const extensions = ["js", "ts", "mjs", "mts", "cjs", "cts"];
  return stems.flatMap((stem) => extensions.map((extension) => `${stem}.${extension}`));
}

const DATA = ["toml", "yaml", "yml", "json"];

/** Folders within a site's, each of them its root. */
function roots(site: SiteFolder, ...folders: readonly string[]): Mount[] {
  return folders.map((folder) => ({ at: "", folder: joinPath(site.folder, folder) }));
}

/** A configured list of folders, or the usual ones. */
function listed(texts: readonly string[], ...usual: readonly string[]): readonly string[] {
  return texts.length > 0 ? texts : usual;
}

/** The path of an address, such as `/trips` of `https://example.com/trips/`. */
function basePath(address: string | undefined): string {
  const path = (address ?? "")
    .replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "")
    .replace(/^\.?\/|\/+$/g, "");
  return path === "" ? "" : `/${path}`;
}

/** `alias` of a bundler as an object of names or a list of `find` and `replacement`. */
function bundlerAliases({ config, folder }: SiteFolder): [string, string][] {
  const named = [...config.fields("alias"), ...config.pairs("find", "replacement")];
  return named.map(([name, target]) => [
    `${name.replace(/\/?\*?$/, "")}/`,
    joinPath(folder, target.replace(/\/?\*$/, "").replace(/^\.\//, "")),
  ]);
}

const BUNDLER = { isBundler: true, isPageElsewhere: true } as const;

export const SITE_RULES: readonly SiteRule[] = [
  {
    mark: scripts("docusaurus\\.config"),
    read: (site) => ({
      mounts: roots(site, ...listed(site.config.texts("staticDirectories"), "static")),
      base: basePath(site.config.text("baseUrl")),
      aliases: [["@site/", site.folder]],
      documents: ["docs", "blog", "src/pages", ...site.config.texts("path")].map((path) =>
        joinPath(site.folder, path),
      ),
      readsMdx: !["md", "detect"].includes(site.config.text("markdown", "format") ?? ""),
    }),
  },
  {
    mark: /^\.vuepress$/,
    configs: [...scriptNames("config"), "config.yml", "config.toml"].map(
      (name) => `.vuepress/${name}`,
    ),
    read: (site) => ({
      mounts: roots(site, ".vuepress/public", ...site.config.texts("public")),
      base: basePath(site.config.text("base")),
      aliases: [["@source/", site.folder], ...bundlerAliases(site)],
    }),
  },
  {
    mark: /^\.vitepress$/,
    configs: scriptNames("config", "config/index", "config/shared").map(
      (name) => `.vitepress/${name}`,
    ),
    read: readVitepress,
  },
  {
    mark: scripts("rspress\\.config"),
    read: readRspress,
  },
  {
    // Hexo; `scaffolds` is what its `init` makes.
    mark: /^_config\.ya?ml$/,
    beside: /^(?:scaffolds|source)$/,
    read: (site) => ({
      mounts: roots(
        site,
        site.config.text("source_dir") ?? "source",
        `themes/${site.config.text("theme") ?? "landscape"}/source`,
      ),
      base: basePath(site.config.text("root")),
      isPageElsewhere: true,
      hasAssetFolders: true,
    }),
  },
  {
    mark: /^_config\.(?:ya?ml|toml)$/,
    read: (site) => ({
      mounts: roots(site, site.config.text("source") ?? ".", "."),
      base: basePath(site.config.text("baseurl")),
      isPageElsewhere: true,
    }),
  },
  {
    // Hugo, and Zola, which has the same folders.
    mark: /^(?:hugo\.(?:toml|ya?ml|json)|config\.(?:toml|ya?ml|json)|config)$/,
    beside: /^(?:content|archetypes|layouts|hugo\.\w+)$/,
    configs: [
      ...DATA.map((end) => `config/_default/hugo.${end}`),
      ...DATA.map((end) => `config/_default/config.${end}`),
    ],
    read: readHugo,
  },
  {
    mark: /^mkdocs\.ya?ml$/,
    read: (site) => ({
      mounts: roots(site, site.config.text("docs_dir") ?? "docs"),
      base: basePath(site.config.text("site_url")),
    }),
  },
  { mark: /^conf\.py$/, read: (site) => ({ mounts: roots(site, ".", "_static") }) },
  {
    mark: /^(?:pelicanconf|publishconf)\.py$/,
    read: (site) => ({
      mounts: roots(site, site.config.text("PATH") ?? "content"),
      isPageElsewhere: true,
    }),
  },
  {
    mark: /^book\.toml$/,
    read: (site) => ({ mounts: roots(site, site.config.text("book", "src") ?? "src") }),
  },
  {
    mark: /^\.gitbook\.ya?ml$/,
    read: (site) => ({ mounts: roots(site, site.config.text("root") ?? ".", ".") }),
  },
  {
    mark: /^(?:_quarto\.yml|myst\.yml|book\.json|mint\.json)$/,
    read: (site) => ({ mounts: roots(site, ".") }),
  },
  {
    // Docsify, whose settings are in the page that shows all others.
    mark: /^index\.html$/,
    read: (site) =>
      site.config.isOn("docsify")
        ? {
            mounts: roots(site, basePath(site.config.text("basePath")), "."),
            isPageElsewhere: true,
          }
        : undefined,
  },
  {
    mark: /^docfx\.json$/,
    read: (site) => ({ mounts: roots(site, "."), aliases: [["~/", site.folder]] }),
  },
  {
    mark: scripts("\\.eleventy", "eleventy\\.config"),
    read: readEleventy,
  },
  {
    mark: scripts("gatsby-config"),
    read: (site) => ({
      mounts: roots(site, "static"),
      base: basePath(site.config.text("pathPrefix")),
    }),
  },
  {
    mark: scripts("astro\\.config"),
    read: (site) => ({
      mounts: roots(site, site.config.text("publicDir") ?? "public"),
      base: basePath(site.config.text("base")),
      aliases: bundlerAliases(site),
    }),
  },
  {
    mark: scripts("nuxt\\.config"),
    read: readNuxt,
  },
  {
    mark: scripts("svelte\\.config"),
    read: (site) => ({
      mounts: roots(site, site.config.text("files", "assets") ?? "static"),
      base: basePath(site.config.text("paths", "base")),
      aliases: [
        ["$lib/", joinPath(site.folder, site.config.text("files", "lib") ?? "src/lib")],
        ...bundlerAliases(site),
      ],
      ...BUNDLER,
    }),
  },
  {
    mark: scripts("next\\.config"),
    read: (site) => ({
      mounts: roots(site, "public"),
      base: basePath(site.config.text("basePath")),
      ...BUNDLER,
      // Markdoc's pages are `md` and never `mdx`.
      readsMdx: ["md", "mdx"].every((name) => site.config.texts("pageExtensions").includes(name)),
    }),
  },
  {
    mark: scripts("vite\\.config", "vue\\.config", "quasar\\.config"),
    read: readVite,
  },
  { mark: /^(?:angular|workspace|project|\.angular-cli)\.json$/, read: readAngular },
  {
    // Django, Flask, Rails, Laravel, Symfony, Phoenix and ASP.NET serve these beside their programs.
    mark: /^(?:manage\.py|Gemfile|artisan|composer\.json|mix\.exs|wwwroot)$/,
    read: (site) => ({ mounts: roots(site, "public", "wwwroot", "priv/static"), ...BUNDLER }),
  },
];

function readVitepress(site: SiteFolder): SitePart {
  const source = site.config.text("srcDir") ?? ".";
  const folder = site.config.text("publicDir") ?? "public";
  return {
    mounts: roots(site, joinPath(source, folder), source),
    base: basePath(site.config.text("base")),
    aliases: bundlerAliases(site),
  };
}

function readRspress(site: SiteFolder): SitePart {
  const source = site.config.text("root") ?? "docs";
  return {
    mounts: roots(site, joinPath(source, "public"), source),
    base: basePath(site.config.text("base")),
  };
}

function readNuxt(site: SiteFolder): SitePart {
  const source = site.config.text("srcDir") ?? (site.names.includes("app") ? "app" : ".");
  const named = [...site.config.texts("dir", "public"), ...site.config.texts("dir", "static")];
  const folders = [...named, "public", "static"];
  const sources = [joinPath(site.folder, source), site.folder];
  return {
    mounts: [
      ...roots(site, ...folders),
      ...roots(site, ...folders.map((name) => joinPath(source, name))),
    ],
    base: basePath(site.config.text("baseURL")),
    aliases: [
      ...bundlerAliases(site),
      ...sources.flatMap((folder) => ["~/", "@/"].map((name) => [name, folder] as const)),
      ...["~~/", "@@/"].map((name) => [name, site.folder] as const),
    ],
    ...BUNDLER,
  };
}

function readVite(site: SiteFolder): SitePart {
  const root = site.config.text("root") ?? ".";
  return {
    mounts: roots(site, joinPath(root, site.config.text("publicDir") ?? "public"), root),
    base: basePath(site.config.text("base") ?? site.config.text("publicPath")),
    aliases: bundlerAliases(site),
    ...BUNDLER,
  };
}

function readHugo(site: SiteFolder): SitePart {
  const { config } = site;
  const themes = config
    .texts("theme")
    .flatMap((name) => [`themes/${name}/static`, `themes/${name}/assets`]);
  const mounted = config.pairs("source", "target").flatMap(([source, target]) => {
    const [, kind, at = ""] = /^(static|assets|content)\/?(.*)$/.exec(target) ?? [];
    return kind === undefined ? [] : [{ at, folder: joinPath(site.folder, source) }];
  });
  const content = config.text("contentDir") ?? config.text("contentdir") ?? "content";
  const names = [
    ...config.texts("staticDir"),
    ...config.texts("staticdir"),
    "static",
    "assets",
    content,
  ];
  return {
    mounts: [...mounted, ...roots(site, ...names, ...themes)],
    base: basePath(config.text("baseURL") ?? config.text("baseurl") ?? config.text("base_url")),
    isPageElsewhere: true,
  };
}

function readEleventy(site: SiteFolder): SitePart {
  const { config } = site;
  const input = config.text("dir", "input") ?? config.text("setInputDirectory") ?? ".";
  // `addPassthroughCopy("img")` keeps its place, `{ "src/img": "img" }` moves it.
  const moved = config.fields("addPassthroughCopy").map(([from, at]) => ({
    at: at.replace(/^\.?\/|\/$/g, ""),
    folder: joinPath(site.folder, from),
  }));
  return {
    mounts: [...moved, ...roots(site, input, ".")],
    base: basePath(config.text("pathPrefix")),
    isPageElsewhere: true,
  };
}

/** Assets of Angular's builders: a path keeps its place below the sources, an object names it. */
function readAngular(site: SiteFolder): SitePart {
  const { config } = site;
  const sources = listed([...config.texts("sourceRoot"), ...config.texts("root")], "src").filter(
    (folder) => folder !== "",
  );
  const moved = config.pairs("input", "output").map(([input, output]) => ({
    at: output.replace(/^\.?\/|\/$/g, ""),
    folder: joinPath(site.folder, input),
  }));
  const inputs = config.texts("input");
  return {
    mounts: [
      ...moved,
      ...roots(site, ...inputs, ...sources, ...sources.map((name) => `${name}/public`), "public"),
    ],
    base: basePath(config.text("baseHref")),
    ...BUNDLER,
  };
}
