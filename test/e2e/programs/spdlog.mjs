// Stands in for the server's logging package, whose native part npm does not bring: the same functions,
// writing plain files, so that the output channels of extensions can be read in the editor and on disk.
import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";

export const version = 0;

const LEVELS = ["trace", "debug", "info", "warn", "error", "critical", "off"];

export class Logger {
  #file;
  #level = LEVELS.indexOf("info");
  #isPlain = false;

  constructor(_type, _name, file) {
    this.#file = file;
    mkdirSync(path.dirname(file), { recursive: true });
    // The editor opens the file of a channel before anything is written.
    appendFileSync(file, "");
  }

  trace(message) {
    this.#write("trace", message);
  }
  debug(message) {
    this.#write("debug", message);
  }
  info(message) {
    this.#write("info", message);
  }
  warn(message) {
    this.#write("warn", message);
  }
  error(message) {
    this.#write("error", message);
  }
  critical(message) {
    this.#write("critical", message);
  }
  getLevel() {
    return this.#level;
  }
  setLevel(level) {
    this.#level = level;
  }
  setPattern() {
    this.#isPlain = false;
  }
  /** From here on messages bring their own time and line end. */
  clearFormatters() {
    this.#isPlain = true;
  }
  flush() {
    // Nothing is kept back.
  }
  drop() {
    this.#level = LEVELS.indexOf("off");
  }

  #write(level, message) {
    if (LEVELS.indexOf(level) < this.#level) return;
    const time = new Date().toISOString().slice(0, -1).replace("T", " ");
    appendFileSync(this.#file, this.#isPlain ? message : `${time} [${level}] ${message}\n`);
  }
}

export function setLevel() {
  // Each logger has its own.
}

export function setFlushOn() {
  // Nothing is kept back.
}

export async function createRotatingLogger(name, file) {
  return new Logger("rotating", name, file);
}

export async function createAsyncRotatingLogger(name, file) {
  return new Logger("rotating_async", name, file);
}
