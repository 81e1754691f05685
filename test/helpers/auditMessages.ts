/** A request to check documents, and its answer, with every field that there is. */

export const AUDIT_REQUEST = {
  run: "1",
  folder: "/w",
  documents: [
    {
      ...{ file: "/w/a.md", text: "![](a.png)" },
      told: [{ alt: "A fox", picture: "/w/a.png", kind: "moved" as const, fits: "b.png" }],
    },
  ],
  wantsTexts: true,
  components: ["Photo"],
  siteRoots: ["public"],
};

export const AUDIT_RESULT = {
  documents: [
    {
      file: "/w/a.md",
      nPictures: 1,
      texts: [{ alt: "A fox", picture: "/w/a.png" }],
      findings: [
        {
          rule: "filename",
          level: "warn",
          says: [{ id: "filename", values: ["a.png"] }],
          target: "a.png",
          alt: "a.png",
          range: { start: { line: 0, character: 2 }, end: { line: 0, character: 7 } },
        },
      ],
      failure: "a.md cannot be read.",
    },
  ],
};
