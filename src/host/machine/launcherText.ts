/**
 * The script that starts the command line from any folder: which program it runs, and what it does after
 * an update. Pure text.
 */

import path from "node:path";

/** The name of the command. */
export const COMMAND_NAME = "sightline";
/** In the script's second line; a file without it is somebody else's. */
export const LAUNCHER_MARK = "Written by the VS Code extension Sightline";

export interface LauncherFacts {
  readonly platform: NodeJS.Platform;
  /** What runs the extension: Node, or the editor's Electron, which is Node when it is told to be. */
  readonly program: string;
  /** The folder of the installed extension; its name ends with the version. */
  readonly extensionFolder: string;
  /** Where models are kept, when the settings say so. */
  readonly storageFolder?: string | undefined;
}

/** The file's name in a folder of programs. */
export function launcherName(platform: NodeJS.Platform): string {
  return platform === "win32" ? `${COMMAND_NAME}.cmd` : COMMAND_NAME;
}

/**
 * The script. An update moves the extension to a folder of another version, and a server of the editor
 * too; the script then looks for the newest that is there, so that nobody has to write it anew.
 */
export function launcherText(facts: LauncherFacts): string {
  return facts.platform === "win32" ? batchText(facts) : shellText(facts);
}

/** `publisher.name-1.2.3` → `publisher.name-`. */
function folderPrefix(folder: string): string {
  return folder.replace(/-\d+\.\d+\.\d+[^/\\]*$/, "-");
}

const GONE = "The VS Code extension Sightline is not installed any more. Delete this file:";
const NO_NODE =
  "The editor that came with this command is gone. Run its command Install again, or install Node.js 20.";

function shellText({ program, extensionFolder, storageFolder }: LauncherFacts): string {
  const extensions = path.posix.dirname(extensionFolder);
  const prefix = folderPrefix(path.posix.basename(extensionFolder));
  const others = versionPattern(program);
  return [
    "#!/bin/sh",
    `# ${LAUNCHER_MARK} ("Install 'sightline' Command"); its command "Uninstall" deletes it.`,
    `extension=${shellQuoted(extensionFolder)}`,
    'if [ ! -f "$extension/dist/cli.js" ]; then',
    "  extension=",
    `  for folder in ${shellQuoted(extensions)}/${prefix}*; do`,
    '    [ -f "$folder/dist/cli.js" ] || continue',
    '    if [ -z "$extension" ] || [ "$folder" -nt "$extension" ]; then extension=$folder; fi',
    "  done",
    '  if [ -z "$extension" ]; then',
    `    echo "sightline: ${GONE} $0" >&2`,
    "    exit 1",
    "  fi",
    "fi",
    `program=${shellQuoted(program)}`,
    ...(others === undefined
      ? []
      : [
          'if [ ! -x "$program" ]; then',
          `  for other in ${others}; do [ -x "$other" ] && program=$other; done`,
          "fi",
        ]),
    'if [ ! -x "$program" ]; then',
    "  program=$(command -v node) || {",
    `    echo "sightline: ${NO_NODE}" >&2`,
    "    exit 1",
    "  }",
    "fi",
    ...(storageFolder === undefined
      ? []
      : [
          `[ -n "$SIGHTLINE_HOME" ] || SIGHTLINE_HOME=${shellQuoted(storageFolder)}`,
          "export SIGHTLINE_HOME",
        ]),
    "ELECTRON_RUN_AS_NODE=1",
    "export ELECTRON_RUN_AS_NODE",
    'exec "$program" "$extension/dist/cli.js" "$@"',
    "",
  ].join("\n");
}

/** Servers lie in a folder that is named by a commit: the same program in those of other versions. */
function versionPattern(program: string): string | undefined {
  const parts = program.split("/");
  const at = parts.findIndex((part) => /[0-9a-f]{40}/.test(part));
  if (at < 0) return undefined;
  const [before, after] = [parts.slice(0, at).join("/"), parts.slice(at + 1).join("/")];
  return `${shellQuoted(before)}/*/${shellQuoted(after)}`;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function batchText({ program, extensionFolder, storageFolder }: LauncherFacts): string {
  const extensions = path.win32.dirname(extensionFolder);
  const prefix = folderPrefix(path.win32.basename(extensionFolder));
  return [
    "@echo off",
    `rem ${LAUNCHER_MARK} ("Install 'sightline' Command"); its command "Uninstall" deletes it.`,
    "setlocal",
    `set "extension=${inBatch(extensionFolder)}"`,
    'if exist "%extension%\\dist\\cli.js" goto program',
    'set "extension="',
    // Oldest first, so that the newest remains.
    `for /f "delims=" %%d in ('dir /b /ad /od "${inBatch(extensions)}\\${prefix}*" 2^>nul') do (`,
    `  if exist "${inBatch(extensions)}\\%%d\\dist\\cli.js" set "extension=${inBatch(extensions)}\\%%d"`,
    ")",
    "if not defined extension (",
    `  echo sightline: ${GONE} %~f0 1>&2`,
    "  exit /b 1",
    ")",
    ":program",
    `set "program=${inBatch(program)}"`,
    'if not exist "%program%" set "program=node"',
    ...(storageFolder === undefined
      ? []
      : [`if not defined SIGHTLINE_HOME set "SIGHTLINE_HOME=${inBatch(storageFolder)}"`]),
    'set "ELECTRON_RUN_AS_NODE=1"',
    '"%program%" "%extension%\\dist\\cli.js" %*',
    "exit /b %errorlevel%",
    "",
  ].join("\r\n");
}

/** A path within quotes of a batch file, where only the percent sign means something. */
function inBatch(text: string): string {
  return text.replaceAll("%", "%%");
}
