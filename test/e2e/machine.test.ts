/** What the editor tells of the machine, and the command line that it installs. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { readClipboard } from "./pageScripts";
import { untilTrue } from "./polling";
import { useEditor } from "./useEditor";

describe("the machine in the editor", () => {
  const editor = useEditor({
    files: { "red-circle.png": { from: "media/samples/red-circle.png" } },
  });

  describe("the diagnostics", () => {
    const shown = (): ReturnType<ReturnType<typeof editor>["page"]["locator"]> =>
      editor().page.locator(".part.editor .editor-instance .view-lines");

    it("are a page with the advice first", async () => {
      await editor().runCommand("Sightline: Show Diagnostics");
      const { page } = editor();
      await page.getByRole("tab", { name: /^Sightline Diagnostics/ }).waitFor({ timeout: 120_000 });
      await untilTrue(
        async () => /^What\swould\smake\sit\sfaster/.test(await shown().innerText()),
        "the advice at the top",
      );
    });

    it("cannot be typed into", async () => {
      const before = await shown().innerText();
      await shown().click();
      await editor().page.keyboard.type("x");
      assert.equal(await shown().innerText(), before);
      await editor().page.keyboard.press("Escape");
    });

    it("are copied whole", async () => {
      await editor().runCommand("Sightline: Copy Diagnostics");
      await untilTrue(
        async () => /^Devices\n/m.test(await editor().page.evaluate(readClipboard)),
        "the report in the clipboard",
      );
    });

    it("close without a question", async () => {
      const { page } = editor();
      await editor().runCommand("View: Close Editor");
      await page
        .getByRole("tab", { name: /^Sightline Diagnostics/ })
        .waitFor({ state: "detached" });
      assert.equal(await page.locator(".monaco-dialog-box").count(), 0);
    });
  });

  describe("the command line", () => {
    const file = (): string => path.join(editor().server.home, ".local", "bin", "sightline");

    it("is installed by a command, and answers about a picture from any folder", async () => {
      await editor().runCommand("Sightline: Install 'sightline' Command in PATH");
      await editor().messages.press(
        /The command sightline is installed in .*not in PATH/,
        "Copy Folder",
      );
      await editor().untilCopied(path.dirname(file()));
      const { stdout } = await promisify(execFile)(
        file(),
        ["ask", "red-circle.png", "what color is the circle?", "--device", "cpu", "--quiet"],
        { cwd: editor().folder, env: { PATH: process.env["PATH"], HOME: editor().server.home } },
      );
      assert.equal(stdout, "red\n");
    });

    it("is taken away by another, and another's file is not", async () => {
      await editor().runCommand("Sightline: Uninstall 'sightline' Command from PATH");
      await untilTrue(() => Promise.resolve(!existsSync(file())), "the script's end");
      await writeFile(file(), "#!/bin/sh\n");
      await editor().runCommand("Sightline: Install 'sightline' Command in PATH");
      await editor()
        .page.getByText(/is not a file of Sightline, so it is left alone/)
        .first()
        .waitFor();
      assert.equal(await readFile(file(), "utf8"), "#!/bin/sh\n");
    });
  });
});
