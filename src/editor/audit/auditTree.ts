/** The findings of the workspace as a tree, by rule or by document. */

import * as vscode from "vscode";
import { RULE_IDS, type Level, type RuleId } from "../../audit/rule";
import { fileName } from "../documents/altDocument";
import { displayLocale } from "../shell/numbers";
import { ruleTitle, sumsText } from "./auditStrings";
import type { PlacedFinding, WorkspaceFindings } from "./workspaceFindings";

export const AUDIT_VIEW_ID = "sightline.audit";
/** Whether the view is there at all, and how it is grouped: menus of the manifest know both. */
const SHOWN_KEY = "sightline.isAudited";
const GROUPING_KEY = "sightline.auditGrouping";

export type Grouping = "rule" | "file";

/** Findings that have something in common. */
interface Group {
  readonly kind: "group";
  readonly id: string;
  readonly findings: readonly PlacedFinding[];
}

type Node = Group | PlacedFinding;

const isGroup = (node: Node): node is Group => "kind" in node;

export class AuditTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #findings: WorkspaceFindings;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<Node>;
  readonly #parts: readonly Pick<vscode.Disposable, "dispose">[];
  readonly onDidChangeTreeData = this.#changed.event;
  #grouping: Grouping = "rule";
  #groups: readonly Group[] | undefined;

  constructor(findings: WorkspaceFindings) {
    this.#findings = findings;
    this.#view = vscode.window.createTreeView(AUDIT_VIEW_ID, {
      ...{ treeDataProvider: this, showCollapseAll: true },
    });
    const listening = findings.onDidChange(() => {
      this.#update();
    });
    this.#parts = [this.#view, this.#changed, listening];
    this.#update();
  }

  /** Brings the view into sight, with the keyboard in it. */
  async show(): Promise<void> {
    await vscode.commands.executeCommand("setContext", SHOWN_KEY, true);
    await this.group(this.#grouping);
    await vscode.commands.executeCommand(`${AUDIT_VIEW_ID}.focus`);
  }

  /** Puts the keyboard on the first finding's group; where the view is hidden or empty nothing happens. */
  async focusFirst(): Promise<void> {
    const [first] = this.getChildren();
    if (first === undefined || !this.#view.visible) return;
    await this.#view.reveal(first, { focus: true, select: true });
  }

  async group(grouping: Grouping): Promise<void> {
    this.#grouping = grouping;
    await vscode.commands.executeCommand("setContext", GROUPING_KEY, grouping);
    this.#update();
  }

  getChildren(node?: Node): readonly Node[] & Node[] {
    if (node !== undefined) return isGroup(node) ? [...node.findings] : [];
    this.#groups ??= groupsOf(this.#findings.all(), this.#grouping);
    return [...this.#groups];
  }

  getParent(node: Node): Node | undefined {
    if (isGroup(node)) return undefined;
    return this.#groups?.find(({ findings }) => findings.includes(node));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return isGroup(node) ? this.#groupItem(node) : this.#findingItem(node);
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose();
  }

  #update(): void {
    this.#groups = undefined;
    const { nFindings } = this.#findings.sums();
    this.#view.message = sumsText(this.#findings);
    const tooltip = vscode.l10n.t("Findings about alt texts: {0}", nFindings);
    this.#view.badge = nFindings === 0 ? undefined : { value: nFindings, tooltip };
    this.#changed.fire(undefined);
  }

  #groupItem({ id, findings }: Group): vscode.TreeItem {
    const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
    const [first] = findings;
    // Long lists are opened by whoever wants them.
    const state = findings.length <= MAX_OPEN ? Expanded : Collapsed;
    const count = findings.length.toLocaleString(displayLocale());
    const item = new vscode.TreeItem("", state);
    item.id = `${this.#grouping} ${id}`;
    if (first === undefined) return item;
    if (this.#grouping === "rule") {
      item.label = ruleTitle(first.rule);
      item.description = count;
      item.iconPath = iconOf(first.level);
    } else {
      item.label = fileName(first.uri);
      const folder = vscode.workspace.asRelativePath(vscode.Uri.joinPath(first.uri, ".."));
      item.description = `${count} · ${folder}`;
      item.resourceUri = first.uri;
      item.iconPath = vscode.ThemeIcon.File;
    }
    const label = vscode.l10n.t("{0}, findings: {1}", item.label, count);
    item.accessibilityInformation = { label };
    return item;
  }

  #findingItem(finding: PlacedFinding): vscode.TreeItem {
    const { uri, rule, level, message, target, range } = finding;
    const line = range.start.line + 1;
    const picture = pictureName(target);
    const place = vscode.workspace.asRelativePath(uri);
    const isByRule = this.#grouping === "rule";
    const item = new vscode.TreeItem(picture);
    item.id = `${this.#grouping} ${uri.toString()} ${rule} ${line}:${range.start.character}`;
    item.description = isByRule ? `${place}:${line}` : `${line} · ${ruleTitle(rule)}`;
    item.tooltip = message;
    if (!isByRule) item.iconPath = iconOf(level);
    const words = vscode.l10n.t("{0}, {1}, line {2}: {3}", picture, place, line, message);
    item.accessibilityInformation = { label: words };
    const title = vscode.l10n.t("Open");
    item.command = { title, command: "vscode.open", arguments: [uri, { selection: range }] };
    return item;
  }
}

/** Groups of more findings begin closed. */
const MAX_OPEN = 20;

function groupsOf(findings: readonly PlacedFinding[], grouping: Grouping): Group[] {
  const groups = new Map<string, PlacedFinding[]>();
  for (const finding of findings) {
    const id = grouping === "rule" ? finding.rule : finding.uri.toString();
    const same = groups.get(id);
    if (same === undefined) groups.set(id, [finding]);
    else same.push(finding);
  }
  const list = [...groups].map(([id, same]): Group => ({ kind: "group", id, findings: same }));
  if (grouping === "file") return list;
  // The worst rule first, as everywhere.
  const place = ({ id }: Group): number => RULE_IDS.indexOf(id as RuleId);
  return list.sort((a, b) => place(a) - place(b));
}

function iconOf(level: Level): vscode.ThemeIcon {
  switch (level) {
    case "error":
      return new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"));
    case "warn":
      return new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"));
    case "info":
      return new vscode.ThemeIcon("info");
    case "hint":
      return new vscode.ThemeIcon("lightbulb");
  }
}

/** The last part of an address; a picture within the document has none. */
function pictureName(target: string): string {
  if (/^data:/i.test(target)) return "data:";
  const name = target.replace(/[?#].*$/, "").replace(/[\\/]+$/, "");
  return name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1) || target;
}
