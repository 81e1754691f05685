/** A window of Chromium with one page. Knows nothing of what the page shows. */

import { createRequire } from "node:module";
import path from "node:path";
import type * as Playwright from "playwright-core";
import type { EditorPrograms } from "./editorPrograms";

// Read at run time: the package finds its own files relative to itself, so it cannot be bundled.
const { chromium } = createRequire(path.resolve("package.json"))(
  "playwright-core",
) as typeof Playwright;

/** How long an element may take to appear; a hang, not a speed. */
const ELEMENT_LIMIT_MS = 120_000;

export interface WindowOptions {
  readonly programs: EditorPrograms;
  /** Pages of this address may use the clipboard. */
  readonly origin: string;
  /** In CSS pixels. @default 1280 × 800 */
  readonly size?: { readonly width: number; readonly height: number };
  /** Device pixels for each CSS pixel. @default 1 */
  readonly scale?: number;
}

export class BrowserWindow {
  readonly page: Playwright.Page;
  readonly #browser: Playwright.Browser;
  readonly #console: string[] = [];

  private constructor(browser: Playwright.Browser, page: Playwright.Page) {
    this.#browser = browser;
    this.page = page;
    page.on("console", (message) => {
      this.#console.push(`[${message.type()}] ${message.text()}`);
    });
    page.on("pageerror", (error) => {
      this.#console.push(`[uncaught] ${error.stack ?? error.message}`);
    });
  }

  /** Starts the browser. @throws when it does not start. */
  static async open({ programs, origin, size, scale }: WindowOptions): Promise<BrowserWindow> {
    const browser = await chromium.launch({
      executablePath: programs.chromium,
      env: { ...definedVariables(), LD_LIBRARY_PATH: programs.chromiumLibraries },
      // The sandbox needs privileges that containers lack; the only pages are our own.
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"].concat([
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ]),
    });
    const context = await browser.newContext({
      viewport: size ?? { width: 1280, height: 800 },
      deviceScaleFactor: scale ?? 1,
      reducedMotion: "reduce",
    });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
    context.setDefaultTimeout(ELEMENT_LIMIT_MS);
    return new BrowserWindow(browser, await context.newPage());
  }

  /** What the pages have written to the browser's console. */
  get consoleText(): string {
    return this.#console.join("\n");
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

function definedVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}
