/** The document around each page: what it may load is said here, and nothing else is in it. */

export interface PageHtml {
  /** Where the editor serves the extension's files from, for the policy. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Fresh for each page; only a script that carries it runs. */
  readonly nonce: string;
  /** The editor's language, as in BCP 47. */
  readonly language: string;
  /** The page's texts; each page has its own. */
  readonly strings: object;
}

/** The page's HTML. Everything that is put into it is escaped. */
export function pageHtml(page: PageHtml): string {
  const { cspSource, scriptUri, styleUri, nonce, language, strings } = page;
  const policy = [
    "default-src 'none'",
    "img-src data:",
    // The component library asks the browser about `:focus-visible` with a style of its own.
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `font-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="${escaped(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta property="csp-nonce" content="${escaped(nonce)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escaped(styleUri)}">
<title>Sightline</title>
</head>
<body data-strings="${escaped(JSON.stringify(strings))}">
<script nonce="${escaped(nonce)}" src="${escaped(scriptUri)}"></script>
</body>
</html>
`;
}

/** For an attribute in double quotes. */
function escaped(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
