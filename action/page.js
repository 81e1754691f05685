// The page of findings as GitHub shows it: with links that lead to lines, no longer than its place takes, and without
// names and numbers that would call people.
"use strict";

/** Room for the line that says that there is more. */
const ROOM = 200;

/** Addresses in the page are those of files in the repository. */
function withLinks(page, { server, repository, commit }) {
  const base = `${server}/${repository}/blob/${commit}/`;
  return page.replace(/\]\((?![a-z]+:)([^()\s]+#L\d+)\)/g, (_, place) => `](${base}${place})`);
}

/** Ends between two lines. */
function cut(page, maxUnits) {
  if (page.length <= maxUnits) return page;
  const end = page.lastIndexOf("\n", maxUnits - ROOM);
  return `${page.slice(0, end)}\n\nThe rest does not fit here.\n`;
}

/** What documents and files are called must not notify anybody, nor link to another issue. */
function withoutMentions(page) {
  return page.replace(/\]\([^()\s]*\)|@|\\#/g, (found) => {
    if (found === "@") return "@&#8203;";
    return found === "\\#" ? "#&#8203;" : found.replaceAll("@", "%40");
  });
}

/** Sum and table stay in sight; the places can be opened. */
function folded(page, maxUnits) {
  const begin = page.indexOf("\n## ");
  if (begin < 0) return cut(page, maxUnits);
  const head = page.slice(0, begin);
  const open = "\n<details>\n<summary>Where</summary>\n";
  const close = "\n</details>\n";
  const room = maxUnits - head.length - open.length - close.length;
  return `${head}${open}${cut(page.slice(begin), room)}${close}`;
}

module.exports = { cut, folded, withLinks, withoutMentions };
