import assert from "node:assert/strict";
import { meaning, type SiteCase } from "../../helpers/siteTree";

const angular = JSON.stringify({
  projects: {
    lamps: {
      sourceRoot: "projects/lamps/src",
      architect: {
        build: {
          options: {
            assets: [
              "projects/lamps/src/assets",
              { glob: "**/*", input: "shared/img", output: "/pics" },
            ],
          },
        },
      },
    },
  },
});

const cases: Readonly<Record<string, SiteCase>> = {
  "Docsify: basePath": {
    document: "docs/guide/a.md",
    address: "/img/a.png",
    means: "docs/img/a.png",
    tree: {
      "index.html":
        "<script>window.$docsify = { name: 'a', basePath: '/docs/', alias: { '/b': '/c' } }</script>",
      "docs/img/a.png": "",
      "img/a.png": "",
    },
  },
  "Docsify: its folder": {
    document: "guide/a.md",
    address: "img/a.png",
    means: "img/a.png",
    tree: { "index.html": "<script>window.$docsify = {}</script>", "img/a.png": "" },
  },
  "a page that is no site": {
    document: "guide/a.md",
    address: "img/a.png",
    means: "unresolved",
    tree: { "index.html": "<script>let a = '$doc'</script>", "img/a.png": "" },
  },
  "a plus sign for a space": {
    document: "a.md",
    address: "img/a+b%2Bc.png?d=e+f",
    means: "img/a b+c.png",
    tree: { "img/a b+c.png": "" },
  },
  "a plus sign for itself": {
    document: "a.md",
    address: "a+b.png",
    means: "a+b.png",
    tree: { "a+b.png": "", "a b.png": "" },
  },
  "Docusaurus: a picture for each look": {
    document: "docs/a.mdx",
    address: "useBaseUrl('/img/a.png')",
    kind: "dynamic",
    means: "static/img/a.png",
    tree: { "docusaurus.config.js": "", "static/img/a.png": "" },
  },
  "Gatsby: static": {
    document: "src/a.jsx",
    address: "/a.png",
    means: "static/a.png",
    tree: { "gatsby-config.js": "", "static/a.png": "", "public/a.png": "" },
  },
  "Nuxt: the sources": {
    document: "client/pages/a.vue",
    address: "~/assets/a.png",
    means: "client/assets/a.png",
    tree: {
      "nuxt.config.ts": "export default defineNuxtConfig({ srcDir: 'client/' })",
      "client/assets/a.png": "",
    },
  },
  "Astro: publicDir": {
    document: "src/pages/a.astro",
    address: "/a.png",
    means: "files/a.png",
    tree: {
      "astro.config.mjs": "export default defineConfig({ publicDir: './files' })",
      "files/a.png": "",
      "src/a.png": "",
    },
  },
  "SvelteKit: base": {
    document: "src/routes/a.svelte",
    address: "{base}/a.png",
    kind: "dynamic",
    means: "static/a.png",
    tree: { "svelte.config.js": "", "static/a.png": "" },
  },
  "SvelteKit: alias": {
    document: "src/routes/a.svelte",
    address: "$pics/a.png",
    kind: "module",
    means: "src/pics/a.png",
    tree: {
      "svelte.config.js": "export default { kit: { alias: { $pics: 'src/pics' } } }",
      "src/pics/a.png": "",
    },
  },
  "Vite: alias by a path": {
    document: "src/a.tsx",
    address: "#pics/a.png",
    kind: "module",
    means: "src/pics/a.png",
    tree: {
      "vite.config.ts":
        "export default { resolve: { alias: [{ find: '#pics', replacement: path.resolve(__dirname, './src/pics') }] } }",
      "src/pics/a.png": "",
    },
  },
  "Vite: BASE_URL": {
    document: "src/a.tsx",
    address: "`${import.meta.env.BASE_URL}a.png`",
    kind: "dynamic",
    means: "public/a.png",
    tree: { "vite.config.ts": "", "public/a.png": "" },
  },
  "Create React App: PUBLIC_URL": {
    document: "public/index.html",
    address: "%PUBLIC_URL%/a.png",
    means: "public/a.png",
    tree: { "package.json": "{}", "public/a.png": "" },
  },
  "Angular: the sources of its project": {
    document: "projects/lamps/src/app/a.component.html",
    address: "assets/a.png",
    means: "projects/lamps/src/assets/a.png",
    tree: { "angular.json": angular, "projects/lamps/src/assets/a.png": "" },
  },
  "Angular: a folder under another address": {
    document: "projects/lamps/src/app/a.component.html",
    address: "/pics/a.png",
    means: "shared/img/a.png",
    tree: { "angular.json": angular, "shared/img/a.png": "" },
  },
  "Eleventy: a folder that is copied elsewhere": {
    document: "src/posts/a.md",
    address: "/pics/a.png",
    means: "src/photos/a.png",
    tree: {
      "eleventy.config.js":
        "export default (c) => { c.addPassthroughCopy({ 'src/photos': 'pics' }); return { dir: { input: 'src' } }; }",
      "src/photos/a.png": "",
    },
  },
  "Django: static of an application": {
    document: "shop/templates/a.html",
    address: "{% static 'shop/a.png' %}",
    means: "shop/static/shop/a.png",
    tree: { "manage.py": "", "shop/static/shop/a.png": "" },
  },
  "Django: two files of that name": {
    document: "templates/a.html",
    address: "{% static 'a.png' %}",
    means: "dynamic",
    tree: { "x/static/a.png": "", "y/static/a.png": "" },
  },
  "Flask: url_for": {
    document: "app/templates/a.html",
    address: "{{ url_for('static', filename='a.png') }}",
    means: "app/static/a.png",
    tree: { "app/static/a.png": "" },
  },
  "Rails: asset_path": {
    document: "app/views/a.html",
    address: "<%= asset_path 'a.png' %>",
    means: "app/assets/images/a.png",
    tree: { "app/assets/images/a.png": "" },
  },
  "Laravel: asset": {
    document: "resources/views/a.html",
    address: "{{ asset('img/a.png') }}",
    means: "public/img/a.png",
    tree: { "public/img/a.png": "" },
  },
  "WordPress: a program's own": {
    document: "a.html",
    address: "<?php echo get_template_directory_uri(); ?>/a.png",
    means: "dynamic",
    tree: { "a.png": "" },
  },
  "Typora: a root of the document's own": {
    document: "posts/a.md",
    address: "/img/a.png",
    means: "source/img/a.png",
    tree: {
      "posts/a.md": "---\ntypora-root-url: ../source\n---\n",
      "source/img/a.png": "",
      "img/a.png": "",
    },
  },
  "Obsidian: the folder of attachments": {
    document: "journal/a.md",
    address: "Pasted image 1.png",
    kind: "wikilink",
    means: "files/Pasted image 1.png",
    tree: {
      ".obsidian/app.json": '{ "attachmentFolderPath": "files" }',
      "files/Pasted image 1.png": "",
      "x/Pasted image 1.png": "",
    },
  },
  "Obsidian: a folder beside the note": {
    document: "journal/a.md",
    address: "b.png",
    kind: "wikilink",
    means: "journal/pics/b.png",
    tree: {
      ".obsidian/app.json": '{ "attachmentFolderPath": "./pics" }',
      "journal/pics/b.png": "",
      "x/b.png": "",
    },
  },
  "Obsidian: a name in whatever folder": {
    document: "journal/a.md",
    address: "B.png",
    kind: "wikilink",
    means: "deep/in/here/b.png",
    tree: { ".obsidian/app.json": "{}", "deep/in/here/b.png": "", "deep/in/here/too/b.png": "" },
  },
  "Obsidian: Markdown's own links": {
    document: "journal/a.md",
    address: "Pasted%20image.png",
    means: "files/Pasted image.png",
    tree: {
      ".obsidian/app.json": '{ "attachmentFolderPath": "files/" }',
      "files/Pasted image.png": "",
    },
  },
  "GitHub: its pages": {
    document: "docs/a.md",
    address: "../blob/main/img/a.png?raw=true",
    means: "img/a.png",
    tree: { ".git/HEAD": "", "img/a.png": "" },
  },
  "GitHub: for dark pages": {
    document: "README.md",
    address: "img/a.png#gh-dark-mode-only",
    means: "img/a.png",
    tree: { "img/a.png": "" },
  },
  "encoded twice": {
    document: "a.md",
    address: "a%2520b.png",
    means: "a b.png",
    tree: { "a b.png": "" },
  },
  "a name with braces": {
    document: "{{ cookiecutter.name }}/a.md",
    address: "{{ cookiecutter.name }}.png",
    means: "{{ cookiecutter.name }}/{{ cookiecutter.name }}.png",
    tree: { "{{ cookiecutter.name }}/{{ cookiecutter.name }}.png": "" },
  },
  "code in the query alone": {
    document: "a.html",
    address: "a.png?v={{ version }}",
    means: "a.png",
    tree: { "a.png": "" },
  },
  "a configuration that leads out of the workspace": {
    document: "docs/a.md",
    address: "/passwd.png",
    means: "unresolved",
    tree: { "docusaurus.config.js": "export default { staticDirectories: ['../../etc'] }" },
  },
};

describe("addresses that a site's own tools understand", () => {
  for (const [name, example] of Object.entries(cases)) {
    it(name, async () => {
      assert.equal(await meaning(example), example.means);
    });
  }

  const computed = [
    ...["{{ user.picture.url }}", "{% image_for page %}", "<%= picture.url %>", "<?= $url ?>"],
    ...[
      "${url}",
      "{!! $url !!}",
      "@Model.Picture",
      "@item.Url",
      "@(picture)",
      "{$picture}",
      "{url}",
    ],
    ...[
      "[% url %]",
      "#{url}",
      "*|IMAGE|*",
      "/media/{{ name }}.png",
      "https://example.com/{{ id }}.png",
    ],
    ...[
      "%CDN_URL%/a.png",
      "{{ 'a.png' | cdn: size }}",
      "{{ x || y }}",
      "blob:x",
      "attachment:a.png",
    ],
  ];
  for (const address of computed) {
    it(`leaves ${address} to the program`, async () => {
      assert.equal(await meaning({ document: "a.html", address, means: "", tree: {} }), "dynamic");
    });
  }

  it("survives damaged and hostile configurations", async () => {
    const deep = "[".repeat(100_000);
    for (const text of [
      "{",
      "\0",
      deep,
      "a: &a [*a, *a]",
      "export default (",
      "x = [",
      `"${"a".repeat(9)}`,
    ]) {
      for (const name of [
        "docusaurus.config.js",
        "_config.yml",
        "hugo.toml",
        "angular.json",
        "conf.py",
      ]) {
        const tree = { [name]: text, "content/a.md": "", "static/a.png": "" };
        assert.equal(
          await meaning({ document: "docs/a.md", address: "/a.png", means: "", tree }),
          "static/a.png",
        );
      }
    }
  });
});
