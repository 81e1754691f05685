import assert from "node:assert/strict";
import { readNamedPath } from "../../../../src/tools/files/namedPath";

const pathOf = (text: string, platform: NodeJS.Platform): string => {
  const named = readNamedPath(text, platform);
  return named.kind === "data" ? named.kind : `${named.kind} ${named.path}`;
};

describe("what agents write for a path", () => {
  it("is read in every form that means a file", () => {
    const cases: readonly (readonly [string, NodeJS.Platform, string])[] = [
      ["/a/b.png", "linux", "absolute /a/b.png"],
      ["b.png", "linux", "relative b.png"],
      ["./x/b.png", "linux", "relative ./x/b.png"],
      ["file:///a/b%20c.png", "linux", "absolute /a/b c.png"],
      ["file://localhost/a/b.png", "linux", "absolute /a/b.png"],
      ["file:///a/%2565.png", "linux", "absolute /a/%65.png"],
      ["C:\\a\\b.png", "win32", "absolute C:\\a\\b.png"],
      ["C:/a/b.png", "win32", "absolute C:\\a\\b.png"],
      ["file:///c%3A/a/b.png", "win32", "absolute c:\\a\\b.png"],
      ["/c/a/b.png", "win32", "absolute c:\\a\\b.png"],
      ["x/b.png", "win32", "relative x\\b.png"],
      ["data:image/png;base64,AAAA", "linux", "data"],
    ];
    for (const [text, platform, expected] of cases) {
      assert.equal(pathOf(text, platform), expected, `${text} on ${platform}`);
    }
  });

  it("is refused where it means no file on this machine", () => {
    const cases: readonly (readonly [string, NodeJS.Platform])[] = [
      ["https://example.org/a.png", "linux"],
      ["vscode-vfs://github/a.png", "linux"],
      ["a\0.png", "linux"],
      ["file:///a%00.png", "linux"],
      ["file:///a%2Fb.png", "linux"],
      ["file://server/share/a.png", "linux"],
      ["file://server/share/a.png", "win32"],
      ["\\\\server\\share\\a.png", "win32"],
      ["//server/share/a.png", "win32"],
      ["\\\\?\\C:\\a.png", "win32"],
      ["\\\\.\\PhysicalDrive0", "win32"],
      ["C:\\a\\NUL", "win32"],
      ["C:\\a\\con.png", "win32"],
      ["com1", "win32"],
      ["C:\\a.png::$DATA", "win32"],
      ["C:a.png", "win32"],
      ["\\a.png", "win32"],
    ];
    for (const [text, platform] of cases) {
      assert.throws(() => readNamedPath(text, platform), { code: "option.invalid" }, text);
    }
  });
});
