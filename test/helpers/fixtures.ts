/** Where the recorded inputs and expectations of the tests lie. */

import path from "node:path";

/** Absolute path of something below test/fixtures; tests run from the project's root. */
export function fixturePath(...parts: string[]): string {
  return path.resolve("test", "fixtures", ...parts);
}

/** Absolute path of something of a reference kit; those of a LAVIS release lie apart from the others. */
export function kitPath(kit: string, ...parts: string[]): string {
  return fixturePath(kit.endsWith("-pth") ? "lavis" : "kits", kit, ...parts);
}
