/** Small trees of files, and what an address in one of their documents means. */

import { resolveTarget, type ResolveFiles } from "../../src/alt/resolve/resolveTarget";

/** Paths and what the files say. */
export type Tree = Readonly<Record<string, string>>;

export function filesOf(tree: Tree): ResolveFiles {
  const all = Object.keys(tree).map((path) => `/w/${path}`);
  return {
    exists: (path) => Promise.resolve(all.includes(path)),
    readText: (path) => Promise.resolve(tree[path.slice("/w/".length)]),
    list: (folder) => {
      const below = all.filter((path) => path.startsWith(`${folder}/`));
      const names = below.map((path) => path.slice(folder.length + 1).replace(/\/.*$/, "/"));
      return Promise.resolve(below.length === 0 ? undefined : [...new Set(names)]);
    },
  };
}

export interface SiteCase {
  readonly document: string;
  readonly address: string;
  readonly kind?: "url" | "module" | "wikilink" | "dynamic";
  /** The file, or what else the address is. */
  readonly means: string;
  readonly tree: Tree;
}

export async function meaning({
  document,
  address,
  kind = "url",
  tree,
}: SiteCase): Promise<string> {
  const resolved = await resolveTarget(
    { target: { kind, value: address } },
    {
      documentPath: `/w/${document}`,
      documentText: tree[document] ?? "",
      workspaceRoots: ["/w"],
      files: filesOf(tree),
    },
  );
  return resolved.kind === "file" ? resolved.path.slice("/w/".length) : resolved.kind;
}
