import assert from "node:assert/strict";
import { isReadAsMdx } from "../../../src/alt/site/place";
import { filesOf, meaning, type SiteCase, type Tree } from "../../helpers/siteTree";

const cases: Readonly<Record<string, SiteCase>> = {
  "Docusaurus: static folders by name": {
    document: "docs/a.md",
    address: "/img/a.png",
    means: "files/img/a.png",
    tree: {
      "docusaurus.config.ts": "export default { staticDirectories: ['files'] } satisfies C;",
      "files/img/a.png": "",
      "img/a.png": "",
    },
  },
  "Docusaurus: @site": {
    document: "docs/x/a.md",
    address: "@site/static/a.png",
    means: "static/a.png",
    tree: { "docusaurus.config.js": "module.exports = {};", "static/a.png": "" },
  },
  "Docusaurus: pathname and base": {
    document: "docs/a.md",
    address: "pathname:///lamps/a.png",
    means: "static/a.png",
    tree: {
      "docusaurus.config.js": "module.exports = { baseUrl: '/lamps/' };",
      "static/a.png": "",
    },
  },
  "Docusaurus: the documents lie beside the site that names them": {
    document: "docs/a.md",
    address: "/img/a.png",
    means: "website/static/img/a.png",
    tree: {
      "website/docusaurus.config.js":
        "export default { presets: [['classic', { docs: { path: '../docs' } }]] };",
      "website/static/img/a.png": "",
      ...{
        "alpha/docusaurus.config.js": "export default {};",
        "alpha/static/img/a.png": "",
        "img/a.png": "",
      },
    },
  },
  "Docusaurus: its own site comes before one beside it": {
    document: "sites/b/docs/a.md",
    address: "/a.png",
    means: "sites/b/static/a.png",
    tree: {
      ...{ "sites/a/docusaurus.config.js": "", "sites/a/static/a.png": "" },
      ...{ "sites/b/docusaurus.config.js": "", "sites/b/static/a.png": "" },
    },
  },
  "Docusaurus: useBaseUrl": {
    document: "docs/a.mdx",
    address: "useBaseUrl('/img/a.png')",
    kind: "dynamic",
    means: "static/img/a.png",
    tree: { "docusaurus.config.js": "", "static/img/a.png": "" },
  },
  "VuePress: public": {
    document: "docs/guide/a.md",
    address: "/hero.png",
    means: "docs/.vuepress/public/hero.png",
    tree: {
      "docs/.vuepress/public/hero.png": "",
      "docs/.vuepress/config.js": "module.exports = {}",
    },
  },
  "VuePress: alias": {
    document: "docs/guide/a.md",
    address: "~@pics/a.png",
    means: "docs/pics/a.png",
    tree: {
      "docs/.vuepress/config.js":
        "module.exports = { configureWebpack: { resolve: { alias: { '@pics': 'pics' } } } }",
      "docs/pics/a.png": "",
    },
  },
  "VuePress: $withBase": {
    document: "docs/a.md",
    address: "$withBase('/a.png')",
    kind: "dynamic",
    means: "docs/.vuepress/public/a.png",
    tree: { "docs/.vuepress/public/a.png": "" },
  },
  "VitePress: public of the sources, with a base": {
    document: "site/src/guide/a.md",
    address: "/lamps/a.png",
    means: "site/src/public/a.png",
    tree: {
      "site/.vitepress/config.mts":
        "export default defineConfig({ srcDir: './src', base: '/lamps/' });",
      "site/src/public/a.png": "",
    },
  },
  "Hexo: source": {
    document: "source/_posts/a.md",
    address: "/img/a.png",
    means: "source/img/a.png",
    tree: { "_config.yml": "root: /", "scaffolds/post.md": "", "source/img/a.png": "" },
  },
  "Hexo: the folder of a post": {
    document: "source/_posts/a.md",
    address: "b.png",
    means: "source/_posts/a/b.png",
    tree: { "_config.yml": "post_asset_folder: true", "source/_posts/a/b.png": "" },
  },
  "Jekyll: baseurl": {
    document: "_posts/a.md",
    address: "{{ site.baseurl }}/assets/a.png",
    means: "assets/a.png",
    tree: { "_config.yml": "baseurl: /trips", "assets/a.png": "" },
  },
  "Jekyll: baseurl written out": {
    document: "_posts/a.md",
    address: "/trips/assets/a.png",
    means: "assets/a.png",
    tree: { "_config.yml": "baseurl: /trips", "assets/a.png": "" },
  },
  "Jekyll: a filter": {
    document: "_layouts/a.html",
    address: '{{ "/assets/a.png" | relative_url }}',
    means: "docs/assets/a.png",
    tree: { "docs/_config.yml": "", "docs/assets/a.png": "", "_config.yml": "source: docs" },
  },
  "Jekyll: a value": {
    document: "_includes/a.html",
    address: "{{ site.logo | absolute_url }}",
    means: "img/logo.png",
    tree: { "_config.yml": "logo: /img/logo.png", "img/logo.png": "" },
  },
  "Jekyll: a wrong path": {
    document: "_posts/a.md",
    address: "{{ site.baseurl }}/assets/none.png",
    means: "unresolved",
    tree: { "_config.yml": "" },
  },
  "Jekyll: what a page says": {
    document: "_layouts/a.html",
    address: "{{ page.image | relative_url }}",
    means: "dynamic",
    tree: { "_config.yml": "" },
  },
  "Hugo: static, mounts and themes": {
    document: "content/posts/a.md",
    address: "/img/a.png",
    means: "themes/lamp/static/img/a.png",
    tree: { "hugo.toml": 'theme = "lamp"', "content/x.md": "", "themes/lamp/static/img/a.png": "" },
  },
  "Hugo: a mount": {
    document: "content/posts/a.md",
    address: "/pics/a.png",
    means: "photos/a.png",
    tree: {
      "config/_default/hugo.toml": '[[module.mounts]]\nsource = "photos"\ntarget = "static/pics"',
      "content/x.md": "",
      "photos/a.png": "",
    },
  },
  "Hugo: BaseURL": {
    document: "layouts/a.html",
    address: "{{ .Site.BaseURL }}img/a.png",
    means: "static/img/a.png",
    tree: {
      "hugo.yaml": "baseURL: https://example.com/",
      "layouts/a.html": "",
      "static/img/a.png": "",
    },
  },
  "MkDocs: docs_dir, with tags of Python": {
    document: "manual/x/a.md",
    address: "/img/a.png",
    means: "manual/img/a.png",
    tree: {
      "mkdocs.yml": "docs_dir: manual\nx: !!python/name:a.b\n",
      "manual/img/a.png": "",
      "img/a.png": "",
    },
  },
  "mdBook: src": {
    document: "book/text/x/a.md",
    address: "/a.png",
    means: "book/text/a.png",
    tree: { "book/book.toml": '[book]\nsrc = "text"', "book/text/a.png": "", "a.png": "" },
  },
};

describe("addresses that generators of documentation understand", () => {
  for (const [name, example] of Object.entries(cases)) {
    it(name, async () => {
      assert.equal(await meaning(example), example.means);
    });
  }
});

describe("isReadAsMdx", () => {
  const asked = (document: string, tree: Tree): Promise<boolean> =>
    isReadAsMdx({
      documentPath: `/w/${document}`,
      documentText: tree[document] ?? "",
      workspaceRoots: ["/w"],
      files: filesOf(tree),
    });
  const config = "export default { presets: [['classic', { docs: { path: '../docs' } }]] };";

  it("knows the documents of Docusaurus, within and beside the site", async () => {
    assert.equal(await asked("docs/a.md", { "docusaurus.config.js": "" }), true);
    assert.equal(await asked("docs/a.md", { "website/docusaurus.config.js": config }), true);
  });

  it("leaves others alone", async () => {
    assert.equal(await asked("README.md", { "docusaurus.config.js": "" }), false);
    assert.equal(await asked("docs/a.md", {}), false);
    assert.equal(await asked("other/a.md", { "website/docusaurus.config.js": config }), false);
    assert.equal(await asked("docs/a.md", { "mkdocs.yml": "" }), false);
  });

  it("knows the pages of Next.js by their extensions", async () => {
    const next = (...names: readonly string[]): Tree => ({
      "next.config.js": `const c = { pageExtensions: ${JSON.stringify(names)} };\nmodule.exports = c;`,
    });
    assert.equal(await asked("src/content/a.md", next("js", "tsx", "mdx", "md")), true);
    assert.equal(await asked("README.md", next("mdx", "md")), false);
    assert.equal(await asked("src/content/a.md", next("js", "mdx")), false);
    assert.equal(await asked("pages/a.md", next("js", "md", "mdoc")), false);
    assert.equal(await asked("pages/a.md", { "next.config.js": "module.exports = {};" }), false);
  });

  it("hears what configuration and front matter say", async () => {
    const off = "export default { markdown: { format: 'detect' } };";
    assert.equal(await asked("docs/a.md", { "docusaurus.config.ts": off }), false);
    const document = "---\nmdx:\n  format: md\n---\n";
    assert.equal(
      await asked("docs/a.md", { "docusaurus.config.ts": "", "docs/a.md": document }),
      false,
    );
  });
});
