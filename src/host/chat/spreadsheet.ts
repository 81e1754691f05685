/** Rows as a spreadsheet takes them from the clipboard: cells between tabs, a line for each row. Knows no editor. */

/** The rows as one text, without a line break at its end. */
export function spreadsheetText(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => cells.map(cellText).join("\t")).join("\n");
}

/** What would end a cell becomes a space; a quote at the start would open a quoted cell, so such a one is quoted. */
function cellText(text: string): string {
  const cell = text.replace(/\s+/g, " ").trim();
  return cell.startsWith('"') ? `"${cell.replaceAll('"', '""')}"` : cell;
}
