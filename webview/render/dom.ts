/** Making and changing elements; text becomes text nodes, and no text is ever read as markup. */

/** `true` sets an empty attribute; `false` and `undefined` leave it out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A piece of the page that is made once and then brought up to date. */
export interface Part<Props> {
  readonly element: HTMLElement;
  update(props: Props): void;
}

/** A new element with its attributes and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes?: Attributes,
  children?: readonly (Node | string)[],
): HTMLElementTagNameMap[Tag];
export function element(
  tag: string,
  attributes?: Attributes,
  children?: readonly (Node | string)[],
): HTMLElement;
export function element(
  tag: string,
  attributes: Attributes = {},
  children: readonly (Node | string)[] = [],
): HTMLElement {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children);
  return made;
}

/** Sets, changes and removes the named attributes and touches only those that differ. */
export function setAttributes(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) {
      if (target.hasAttribute(name)) target.removeAttribute(name);
      continue;
    }
    const text = value === true ? "" : String(value);
    if (target.getAttribute(name) !== text) target.setAttribute(name, text);
  }
}

/** Shows or hides an element through its `hidden` attribute. */
export function setShown(target: Element, shown: { readonly when: boolean }): void {
  setAttributes(target, { hidden: !shown.when });
}

/**
 * Makes this the element's only text.
 * Text that only grew is appended to the same text node, so that a selection in it stays.
 */
export function setText(target: Element, text: string): void {
  const { firstChild } = target;
  if (firstChild?.nodeType !== 3 || firstChild !== target.lastChild) {
    if (text !== "" || firstChild !== null) target.replaceChildren(document.createTextNode(text));
    return;
  }
  const node = firstChild as Text;
  if (node.data === text) return;
  if (text.startsWith(node.data)) node.appendData(text.slice(node.data.length));
  else node.data = text;
}

/** True for an element that is on the page and not inside anything hidden. */
export function isShown(target: Element): boolean {
  return target.isConnected && target.closest("[hidden]") === null;
}
