/** Writes THIRD-PARTY-NOTICES.txt: the licences of all that a package contains and others wrote. */

import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { readNpmPackage, type NpmPackage } from "./npmPackages";

/** The licences that code in a package may have, by their SPDX names. */
const ACCEPTED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC-BY-4.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Unlicense",
]);

const LIBVIPS = /^@img\/sharp-(libvips-(linux|darwin)|win32)-(x64|arm64)$/;

/** Packages that may have another licence, and why. */
const ACCEPTED_FOR: readonly { readonly name: RegExp; readonly licence: string }[] = [
  // Libraries of their own beside the program, which a user may replace: what the LGPL asks for.
  { name: LIBVIPS, licence: "LGPL-3.0-or-later" },
];

const LICENCE_FILE = /^(licen[cs]e|copying)([-._].*)?$/i;
/** What the Apache licence wants to be passed on beside it. */
const NOTICE_FILE = /^notice([-._].*)?$/i;

/** One part of a package with all its licence texts. */
export interface Notice {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
  readonly texts: readonly string[];
}

/** Licence texts that packages refer to and do not contain: files in `licences` beside this file. */
const SUPPLIED: readonly { readonly name: RegExp; readonly files: readonly string[] }[] = [
  { name: /^@microsoft\/fast-(element|foundation|web-utilities)$/, files: ["fast.txt"] },
  { name: /^format$/, files: ["format.txt"] },
  { name: /^(is-reference|locate-character)$/, files: ["rich-harris.txt"] },
  { name: /^onnxruntime-common$/, files: ["onnxruntime.txt"] },
  {
    name: /^onnxruntime-node$/,
    files: ["onnxruntime.txt", "onnxruntime-third-party.txt", "directx-shader-compiler.txt"],
  },
  { name: LIBVIPS, files: ["lgpl-3.0.txt", "gpl-3.0.txt"] },
];

/** The npm packages whose files are in a bundle, from the paths of esbuild's metafile. */
export async function bundledPackages(
  projectDir: string,
  inputs: readonly string[],
): Promise<readonly NpmPackage[]> {
  const dirs = new Set(inputs.flatMap((input) => packageDirOf(input) ?? []));
  return await Promise.all(
    [...dirs].sort().map(async (dir) => {
      const found = await readNpmPackage(path.join(projectDir, dir));
      if (found === undefined) throw new Error(`${dir} is bundled and has no package.json.`);
      return found;
    }),
  );
}

/**
 * The notice of a package.
 * @param licencesDir the folder `licences` beside this file.
 * @throws Error when its licence is unknown or not accepted, or its text is nowhere.
 */
export async function noticeOf(found: NpmPackage, licencesDir: string): Promise<Notice> {
  const { name, version, dir, manifest } = found;
  // Old packages have a list of objects instead.
  const licence = manifest.license ?? manifest.licenses?.map(({ type }) => type).join(" OR ");
  if (licence === undefined || !isAccepted(name, licence)) {
    throw new Error(
      `${name}@${version} has the licence "${String(licence)}", which src/packaging/notices.ts does not accept.`,
    );
  }
  const all = (await readdir(dir)).sort();
  const own = all.filter((file) => LICENCE_FILE.test(file));
  const added = SUPPLIED.flatMap((entry) => (entry.name.test(name) ? entry.files : []));
  const files = [
    ...[...own, ...all.filter((file) => NOTICE_FILE.test(file))].map((file) =>
      path.join(dir, file),
    ),
    // The README is where libvips names the libraries in it and their licences.
    ...(LIBVIPS.test(name) ? [path.join(dir, "README.md")] : []),
    ...added.map((file) => path.join(licencesDir, file)),
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  if (own.length + added.length === 0 || texts.some((text) => text.trim() === "")) {
    throw new Error(
      `${name}@${version} (${licence}) comes without the text of its licence; ` +
        `add it to src/packaging/licences and name it in src/packaging/notices.ts.`,
    );
  }
  return { name, version, licence, texts: texts.map(normalised) };
}

/** Puts notices into one text; packages with the same text share it. */
export function noticesText(product: string, notices: readonly Notice[]): string {
  // A package may be installed twice in the same version.
  const unique = new Map(notices.map((notice) => [`${notice.name} ${notice.version}`, notice]));
  const sorted = [...unique.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const byText = new Map<string, Notice[]>();
  for (const notice of sorted) {
    for (const text of notice.texts) byText.set(text, [...(byText.get(text) ?? []), notice]);
  }
  const list = sorted.map(({ name, version, licence }) => `${name} ${version} (${licence})`);
  const texts = [...byText].map(([text, sharing]) => {
    const heads = [...new Set(sharing)].map(({ name, version }) => `${name} ${version}`);
    return `${RULE}\n${heads.join("\n")}\n${RULE}\n\n${text}\n`;
  });
  const intro = `${product} contains parts that others wrote. These are the parts and their licences.`;
  return `${intro}\n\n${list.join("\n")}\n\n${texts.join("\n")}`;
}

const RULE = "-".repeat(80);

/** The folder of the package that an input belongs to; undefined for the project's own files. */
function packageDirOf(input: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0];
}

function isAccepted(name: string, expression: string): boolean {
  const accepts = (licence: string): boolean =>
    ACCEPTED.has(licence) ||
    ACCEPTED_FOR.some((exception) => exception.licence === licence && exception.name.test(name));
  // Enough of SPDX for what is in use: one operator and perhaps parentheses around it all.
  const plain = expression.replace(/^\((.*)\)$/, "$1");
  if (plain.includes(" AND ")) return plain.split(" AND ").every(accepts);
  return plain.split(" OR ").some(accepts);
}

function normalised(text: string): string {
  return text.replaceAll("\r\n", "\n").trim();
}
