/** A folder with pages and a picture for the tests of `sightline alt`, which run inside the test's own process. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runCli } from "../../src/cli/program";
import { testHost, type TestHost } from "./cliHost";

/** A PNG of four by four pixels, a red square on white. */
export const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAGklEQVQImWP4jwQY/v//f0JO7oScHDYOHAAAERAn7ROHm10AAAAASUVORK5CYII=";

export interface AltPages {
  /** Anew for each test, with the picture in it. */
  readonly folder: string;
  readonly at: (name: string) => string;
  /** Writes a file of the folder. @returns its path */
  readonly put: (name: string, content: string | Uint8Array) => Promise<string>;
  /** A host that has the demo model, whose home all tests of a suite share. */
  readonly demo: () => Partial<TestHost> & { readonly home: string };
  readonly cli: (...args: string[]) => Promise<{ readonly code: number; readonly host: TestHost }>;
}

/** Declares the hooks. @param picture where the picture is, below the folder */
export function useAltPages(picture = "public/img/a b.png"): AltPages {
  let home = "";
  let folder = "";

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "sightline-alt-home-"));
  });
  after(() => rm(home, { recursive: true }));
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sightline-alt-"));
    await put(picture, Buffer.from(PIXEL, "base64"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const at = (name: string): string => path.join(folder, name);
  const put = async (name: string, content: string | Uint8Array): Promise<string> => {
    await mkdir(path.dirname(at(name)), { recursive: true });
    await writeFile(at(name), content);
    return at(name);
  };
  const demo = (): ReturnType<AltPages["demo"]> => ({
    home,
    demoCheckpoint: path.resolve("models", "demo"),
  });
  const cli = async (...args: string[]): ReturnType<AltPages["cli"]> => {
    const host = testHost(demo());
    return { code: await runCli(args, host), host };
  };
  return {
    get folder() {
      return folder;
    },
    ...{ at, put, demo, cli },
  };
}
