import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import type * as TypeScript from "typescript";
import { DOCUMENT_EXTENSIONS, EDITOR_LANGUAGE_IDS } from "../../src/alt/languages";
import { COMMAND_IDS } from "../../src/editor/shell/commandIds";
import { DIAGNOSTICS_SCHEME, STEP_KEYS, REVIEW_VIEW_TYPE } from "../../src/editor/shell/services";
import { PICTURE_EXTENSIONS } from "../../src/model/ask/pictureNames";
import { SETTING_DEFAULTS, type SettingKey } from "../../src/host/settings/settingValues";
import { collect, sourcesBelow, ts } from "../helpers/sourceTree";

interface Command {
  readonly command: string;
  readonly title: string;
  readonly category: string;
  readonly icon: string;
}

interface MenuItem {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
  readonly group?: string;
}

interface Setting {
  readonly scope: string;
  readonly default: unknown;
  readonly order: number;
  readonly markdownDescription: string;
  readonly enum?: readonly string[];
  readonly markdownEnumDescriptions?: readonly string[];
}

interface Step {
  readonly id: string;
  readonly description: string;
  readonly media: { readonly svg: string; readonly altText: string };
  readonly completionEvents: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly main: string;
  readonly icon: string;
  readonly l10n: string;
  readonly engines: { readonly vscode: string };
  readonly activationEvents: readonly string[];
  readonly extensionKind: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: {
      readonly supported: string;
      readonly description: string;
      readonly restrictedConfigurations: readonly string[];
    };
    readonly virtualWorkspaces: { readonly supported: string; readonly description: string };
  };
  readonly contributes: {
    readonly commands: readonly Command[];
    readonly submenus: readonly { readonly id: string }[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly keybindings: readonly {
      readonly command: string;
      readonly key: string;
      readonly mac?: string;
      readonly when: string;
    }[];
    readonly viewsContainers: {
      readonly activitybar: readonly { readonly id: string; readonly icon: string }[];
    };
    readonly views: Readonly<
      Record<string, readonly { readonly id: string; readonly icon: string }[]>
    >;
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting>> }[];
    readonly walkthroughs: readonly { readonly id: string; readonly steps: readonly Step[] }[];
  };
}

const text = readFileSync("package.json", "utf8");
const manifest = JSON.parse(text) as Manifest;
const { contributes } = manifest;
const menus = Object.entries(contributes.menus);
const items = menus.flatMap(([, list]) => list);
const settings = Object.assign(
  {},
  ...contributes.configuration.map(({ properties }) => properties),
) as Readonly<Record<string, Setting>>;
const english = readNls("package.nls.json");
const german = readNls("package.nls.de.json");
const sources = sourcesBelow("src/editor");
/** Known to the code alone: the status bar's item and what tells windows apart. */
const PRIVATE_NAMES: readonly string[] = [
  "sightline.status",
  "sightline.window",
  ...["sightline.noPasteOffer", "sightline.remoteOrigins"],
  ...["sightline.notDuplicates", "sightline.looksAtAllPictures", "sightline.pictures"],
  ...["sightline.results", "sightline.answers", "sightline.hasHintedAtModels"],
  ...["sightline.modelFolders", "sightline.openReview", "sightline.review"],
];
const isCommand = (id: string): boolean => (COMMAND_IDS as readonly string[]).includes(id);

describe("the manifest's commands", () => {
  it("are those of the table in the code", () => {
    const declared = contributes.commands.map(({ command }) => command);
    assert.deepEqual([...declared].sort(), [...COMMAND_IDS].sort());
  });

  it("have exactly one handler each", () => {
    const handlers = sources.flatMap((source) => {
      const constants = constantsOf(source);
      return collect(source, (node) => {
        if (!ts.isPropertyAssignment(node) && !ts.isMethodDeclaration(node)) return [];
        const { name } = node;
        const key = ts.isComputedPropertyName(name) ? name.expression : name;
        const id = ts.isIdentifier(name) ? undefined : textOf(key, constants);
        return id !== undefined && isCommand(id) ? [id] : [];
      });
    });
    assert.deepEqual(handlers.sort(), [...COMMAND_IDS].sort());
  });

  it("have a title, the one category and a codicon", () => {
    for (const { command, title, category, icon } of contributes.commands) {
      assert.equal(title, `%command.${command.replace("sightline.", "")}.title%`);
      assert.equal(category, "Sightline");
      assert.match(icon, /^\$\([a-z-]+\)$/);
    }
  });

  it("are the only ones that menus, keys and walkthroughs run", () => {
    const submenus = contributes.submenus.map(({ id }) => id);
    for (const { command, submenu } of items) {
      if (command !== undefined) assert.ok(isCommand(command), command);
      else assert.ok(submenu !== undefined && submenus.includes(submenu), String(submenu));
    }
    for (const submenu of submenus) assert.ok(contributes.menus[submenu] !== undefined, submenu);
    for (const { command } of contributes.keybindings) assert.ok(isCommand(command), command);
    for (const value of [...english.values(), ...german.values()]) {
      for (const [, id = ""] of value.matchAll(/\(command:(sightline[\w.]*)/g)) {
        assert.ok(isCommand(id), id);
      }
    }
  });
});

describe("the manifest's menus", () => {
  it("appear on exactly the pictures that can be read", () => {
    const lists = extensionLists(items).filter((list) => list.includes("png"));
    assert.ok(lists.length > 5, `${lists.length} menus for pictures`);
    for (const list of lists) assert.deepEqual(list, [...PICTURE_EXTENSIONS]);
  });

  it("appear in documents that have a finder, and in all of them", () => {
    // The editor names these two javascriptreact and typescriptreact.
    const known = EDITOR_LANGUAGE_IDS.filter((id) => id !== "jsx" && id !== "tsx").sort();
    // Plain scripts and XML are in most projects and have pictures in few, so they wake nothing.
    const waking = known.filter((id) => !["javascript", "typescript", "xml"].includes(id));
    const activating = manifest.activationEvents.flatMap(
      (event) => /^onLanguage:(.+)$/.exec(event)?.[1] ?? [],
    );
    // Without an extension for its language a file is plain text, and its name tells what it is.
    assert.deepEqual(activating, [...waking, "plaintext"].sort());
    const lists = items.flatMap(({ when = "" }) => alternatives(when, "editorLangId", ""));
    assert.ok(lists.length > 5, `${lists.length} menus for documents`);
    for (const list of lists) {
      // A script has pictures only sometimes, so its keys wait for one under the cursor.
      const isWhole = list.includes("javascript");
      assert.deepEqual(list, isWhole ? known : waking);
    }
  });

  it("appear also where the editor does not know the language, by the file's name", () => {
    const lists = extensionLists([...items, ...contributes.keybindings]);
    const ofDocuments = lists.filter((list) => list.includes("mdx"));
    assert.ok(ofDocuments.length > 8, `${ofDocuments.length} places for documents`);
    const scripts = ["js", "mjs", "ts", "xml"];
    for (const list of ofDocuments) {
      const isWhole = list.includes("js");
      const known = DOCUMENT_EXTENSIONS.filter((name) => isWhole || !scripts.includes(name));
      assert.deepEqual(list, known);
    }
  });

  it("wait for projects that write JSX into scripts, which are known by one file and not by a search", () => {
    const contained = manifest.activationEvents.filter(
      (event) => !/^(onLanguage|onFileSystem|onWebviewPanel):/.test(event),
    );
    assert.ok(contained.includes("workspaceContains:src/App.js"));
    for (const event of contained) assert.match(event, /^workspaceContains:[\w./-]+\.m?js$/);
  });

  it("come with a document and a page of ours that the editor brings back", () => {
    const own = manifest.activationEvents.filter((event) => /^on(?:File|Webview)/.test(event));
    const [document, page] = [DIAGNOSTICS_SCHEME, REVIEW_VIEW_TYPE];
    assert.deepEqual(own, [`onFileSystem:${document}`, `onWebviewPanel:${page}`]);
    const menu = menus.find(([name]) => name === "editor/title")?.[1] ?? [];
    const whens = menu.map(({ when }) => when);
    assert.ok(whens.includes(`resourceScheme == ${DIAGNOSTICS_SCHEME}`));
  });

  it("are never on every file, folder or page", () => {
    for (const [menu, list] of menus) {
      if (menu.startsWith("sightline.")) continue;
      for (const item of list) assert.ok(item.when, `${menu} ${item.command ?? ""}`);
    }
  });

  it("for documents appear where there are pictures, not only where the cursor was before", () => {
    const ofDocuments = items.filter(({ when = "" }) => when.includes("editorLangId"));
    assert.ok(ofDocuments.length > 5);
    // A right click moves the cursor and opens the menu before anybody could look at the place.
    for (const { when = "" } of ofDocuments) {
      assert.match(when, /sightline\.documentHasImages/);
      assert.doesNotMatch(when, /sightline\.imageAtCursor/);
    }
  });

  it("ask only for context that the code sets", () => {
    const set = new Set(sources.flatMap(contextKeys));
    const conditions = [...items, ...contributes.keybindings].map(({ when = "" }) => when);
    const asked = conditions
      .map((when) => when.replace(/view == sightline\.\w+/g, ""))
      .flatMap((when) => when.match(/sightline\.\w+/g) ?? []);
    assert.ok(asked.length > 0);
    for (const key of asked) assert.ok(set.has(key), `nothing sets ${key}`);
  });
});

describe("the manifest's keys", () => {
  it("leave typing alone: no AltGr, no plain letters, and only where they make sense", () => {
    assert.ok(contributes.keybindings.length > 0);
    for (const { key, mac, when } of contributes.keybindings) {
      // Windows takes AltGr for Ctrl+Alt, and on many keyboards that is how letters are typed.
      assert.ok(!(key.includes("ctrl") && key.includes("alt")), key);
      if (/^f\d+$/.test(key)) {
        // Types nothing, and means change in lists and trees; only while one of ours is open.
        assert.equal(when, "inQuickInput && sightline.isReviewing");
        continue;
      }
      assert.match(key, /(ctrl|alt)\+/);
      assert.match(mac ?? "", /cmd\+/);
      // Where pictures are usual the key need not wait until the cursor was looked at.
      if (/^filesExplorerFocus && !inputFocus && /.test(when)) continue;
      assert.match(when, /sightline\.imageAtCursor/);
      assert.match(when, /editorTextFocus/);
    }
  });
});

describe("the manifest's keys in menus", () => {
  /** What holds where somebody reads the menu, for each menu of the editor that names a command with a key. */
  const PLACES: Readonly<Record<string, RegExp>> = {
    "explorer/context": /^filesExplorerFocus && .*resourceExtname =~/,
    "editor/title": /^activeCustomEditorId && .*resourceExtname =~/,
    "editor/title/context": /^activeCustomEditorId && .*resourceExtname =~/,
    "webview/context": /^activeCustomEditorId ==/,
    "sightline.document": /^editorTextFocus && .*resourceExtname =~/,
  };

  it("do what they say in the place where the menu shows them", () => {
    const shown = menus.flatMap(([menu, list]) =>
      list.flatMap(({ command }) => {
        const keys = contributes.keybindings.filter((binding) => binding.command === command);
        return keys.length === 0 || menu === "commandPalette" ? [] : [{ menu, command, keys }];
      }),
    );
    assert.ok(shown.length >= 6, `${shown.length} menu items with a key`);
    for (const { menu, command, keys } of shown) {
      const place = PLACES[menu];
      assert.ok(place !== undefined, `${menu} shows a key of ${command ?? ""}`);
      const conditions = keys.flatMap(({ when }) => when.split(" || "));
      assert.ok(
        conditions.some((when) => place.test(when)),
        `${menu}: ${command ?? ""}`,
      );
    }
  });
});

describe("the manifest's settings", () => {
  it("are those that the code reads, with the same defaults", () => {
    const declared = Object.entries(settings).map(([key, value]) => [key, value.default]);
    const read = Object.entries(SETTING_DEFAULTS).map(([key, value]: [string, unknown]) => [
      `sightline.${key}`,
      value,
    ]);
    assert.deepEqual(Object.fromEntries(declared), Object.fromEntries(read));
  });

  it("say for each choice what it means", () => {
    for (const [key, setting] of Object.entries(settings)) {
      assert.match(setting.markdownDescription, /^%configuration\..*\.description%$/, key);
      assert.equal(setting.enum?.length, setting.markdownEnumDescriptions?.length, key);
    }
  });

  it("of folders, devices and processes are the user's and never a workspace's", () => {
    const keys: readonly SettingKey[] = [
      "model",
      "device",
      "storageFolder",
      "idleMinutes",
      "prepareAhead",
      "hub.endpoint",
      "cuda.libraryFolder",
      "agents.mcpServer",
      "alt.remoteHosts",
    ];
    for (const key of keys) assert.equal(settings[`sightline.${key}`]?.scope, "machine", key);
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    for (const key of restrictedConfigurations) assert.ok(settings[key] !== undefined, key);
    for (const key of [...keys, "alt.siteRoots", "alt.remoteImages"]) {
      assert.ok(restrictedConfigurations.includes(`sightline.${key}`), key);
    }
  });
});

describe("the manifest's texts", () => {
  it("are all there in both languages, and none is left over", () => {
    const used = new Set([...text.matchAll(/"%([\w.]+)%"/g)].map(([, key = ""]) => key));
    assert.deepEqual([...english.keys()].sort(), [...used].sort());
    assert.deepEqual([...german.keys()].sort(), [...used].sort());
  });

  it("run the same commands and keep the same ellipsis in both languages", () => {
    for (const [key, value] of english) {
      const other = german.get(key) ?? "";
      const links = (words: string): string[] => words.match(/\(command:[^)]*\)/g) ?? [];
      assert.deepEqual(links(other), links(value), key);
      assert.equal(other.endsWith("…"), value.endsWith("…"), key);
      assert.ok(other.trim() !== "" && value.trim() !== "", key);
      assert.ok(!/[!\u{1f000}-\u{1ffff}]/u.test(value + other), key);
    }
  });

  it("hold no address, because there is none that leads anywhere", () => {
    assert.deepEqual(text.match(/https?:[^"\s]*/g) ?? [], []);
  });
});

describe("the manifest's files", () => {
  it("are there", () => {
    const views = Object.values(contributes.views).flat();
    const files = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...views.map(({ icon }) => icon),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.svg)),
    ];
    assert.deepEqual(
      files.filter((file) => !existsSync(file)),
      [],
    );
    assert.equal(manifest.main, "./dist/extension.js");
    assert.ok(existsSync(manifest.l10n));
  });
});

describe("the manifest's demands", () => {
  it("are no editor older than the interface that the code is compiled with", () => {
    const types = JSON.parse(readFileSync("node_modules/@types/vscode/package.json", "utf8")) as {
      readonly version: string;
    };
    const minor = (version: string): number => {
      assert.match(version, /^\^?1\.\d+\.\d+$/);
      return Number(version.split(".")[1]);
    };
    assert.ok(minor(manifest.engines.vscode) >= minor(types.version), types.version);
  });

  it("keep the extension where the pictures are, and name its limits", () => {
    assert.deepEqual(manifest.extensionKind, ["workspace"]);
    const { untrustedWorkspaces, virtualWorkspaces } = manifest.capabilities;
    assert.equal(untrustedWorkspaces.supported, "limited");
    assert.equal(virtualWorkspaces.supported, "limited");
  });
});

describe("the names in the code", () => {
  it("that begin with the extension's are all declared", () => {
    const views = Object.values(contributes.views).flat();
    const declared = new Set([
      ...COMMAND_IDS,
      ...Object.values(STEP_KEYS),
      ...Object.keys(settings),
      ...views.map(({ id }) => id),
      ...sources.flatMap(contextKeys),
      `${manifest.publisher}.${manifest.name}`,
      ...PRIVATE_NAMES,
    ]);
    const isDeclared = (name: string): boolean =>
      declared.has(name) || [...declared].some((other) => other.startsWith(`${name}.`));
    const used = sources.flatMap((source) =>
      collect(source, (node) =>
        ts.isStringLiteralLike(node) ? (node.text.match(/\bsightline\.[\w.]*\w/g) ?? []) : [],
      ),
    );
    assert.ok(used.length > COMMAND_IDS.length);
    assert.deepEqual(
      used.filter((name) => !isDeclared(name)),
      [],
    );
  });
});

/** The keys that calls set as context, through the editor's command or a method of that name. */
function contextKeys(source: TypeScript.SourceFile): string[] {
  const constants = constantsOf(source);
  return collect(source, (node) => {
    if (!ts.isCallExpression(node)) return [];
    const [first, second] = node.arguments.map((argument) => textOf(argument, constants));
    const isMethod = /\bsetContext$/.test(node.expression.getText());
    const key = first === "setContext" ? second : isMethod ? first : undefined;
    return key === undefined ? [] : [key];
  });
}

/** The texts that a file has names for. */
function constantsOf(source: TypeScript.SourceFile): ReadonlyMap<string, string> {
  const named = collect(source, (node) =>
    ts.isVariableDeclaration(node) &&
    node.initializer !== undefined &&
    ts.isStringLiteral(node.initializer)
      ? [[node.name.getText(), node.initializer.text] as const]
      : [],
  );
  return new Map(named);
}

function textOf(node: TypeScript.Node, names: ReadonlyMap<string, string>): string | undefined {
  if (ts.isStringLiteral(node)) return node.text;
  return ts.isIdentifier(node) ? names.get(node.text) : undefined;
}

/** The lists of extensions in conditions. */
function extensionLists(places: readonly { readonly when?: string }[]): string[][] {
  return places.flatMap(({ when = "" }) => alternatives(when, "resourceExtname", "\\."));
}

/** The lists in the patterns that a condition compares a key with. */
function alternatives(when: string, key: string, prefix: string): string[][] {
  const begin = `${key} =~ /^${prefix}(`;
  return when
    .split(begin)
    .slice(1)
    .map((rest) => rest.slice(0, rest.indexOf(")")).split("|"));
}

function readNls(file: string): ReadonlyMap<string, string> {
  return new Map(Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, string>));
}
