/** Every sentence that a rule says, in English. Editors say the same in their own language, by the names here. */

const MESSAGES = {
  missing: "The picture has no text. Describe it, or mark it as decorative.",
  "missing-link":
    "The picture has no text, and it is all that a link shows. Say where the link leads.",
  "missing-button":
    "The picture has no text, and it is all that a button shows. Say what the button does.",
  "missing-title": "The text is missing, and the title says “{0}”. Move it into the text.",
  "heard-instead": "Readers hear “{0}” instead.",
  "unnamed-link":
    "This picture is all that a link shows, and has no text, so the link has no name. Say where it leads.",
  "unnamed-button":
    "This picture is all that a button shows, and has no text, so the button has no name. Say what it does.",
  placeholder: "“{0}” says nothing of the picture. Describe what it shows.",
  filename: "“{0}” is the name of a file. Describe what the picture shows.",
  "lost-all": "“{0}” is written, and readers hear nothing of it. Put the text in quotes.",
  "lost-part": "“{0}” is written, and readers hear only “{1}”. Put the text in quotes.",
  hidden:
    "The picture is hidden from screen readers, and has the text “{0}”. Take one of the two away.",
  prefix: "“{0}” is said by the screen reader already. Begin with what the picture shows.",
  "same-as-caption":
    "The text repeats the caption: “{0}”. Say what the picture shows beyond that, or mark it as decorative.",
  "same-as-beside":
    "The text repeats the words beside the picture: “{0}”. Say what the picture shows beyond that, or mark it as decorative.",
  "repeated-row": "The picture before this one says “{0}” already. Let one text speak for the row.",
  repeated: "Another picture of this document has the text “{0}”, too. Say what tells them apart.",
  "too-long":
    "The text has {0} characters, more than {1}. Consider a short one and a description in the page.",
  swapped: "“{0}” fits “{1}” better, whose text fits this picture.",
  copied: "“{0}” is the text of “{1}”, too, and fits it better.",
  moved: "“{0}” fits “{1}” better, which has no text.",
  other: "“{0}” fits “{1}” better than this picture.",
  shifted: "“{0}” fits “{1}” better; texts near it belong to the next picture each, too.",
  stale:
    "“{0}” is older than the picture, which changed since. See whether it still says what is shown.",
  "doubt-thin":
    "“{0}” is the text of a picture of {1} pixels, in which nobody sees anything. Mark it as decorative.",
  "doubt-plain":
    "“{0}” is the text of a picture of one color. If it only fills a place, mark it as decorative.",
  "doubt-scene":
    "The picture is marked as decorative, and a model sees something in it. Describe it, unless the words around it do.",
  "image-of-text":
    "A model takes this for a picture of words. Write the words into the page, or see that the text has all of them.",
  unresolved:
    "There is no file for “{0}”. Correct the address, or name its folder as a site's root.",
} as const;

export type MessageId = keyof typeof MESSAGES;

export const MESSAGE_IDS = Object.keys(MESSAGES) as readonly MessageId[];

/** A sentence, and what stands in it. */
export interface Said {
  readonly id: MessageId;
  readonly values: readonly string[];
}

/** @param values texts out of a document, which may be long, and must not end the quotation that they stand in. */
export function say(id: MessageId, ...values: readonly string[]): Said {
  return { id, values: values.map((value) => innerQuotes(shortened(value))) };
}

function innerQuotes(text: string): string {
  return text.replaceAll("“", "‘").replaceAll("”", "’");
}

export function englishOf(says: readonly Said[]): string {
  return says
    .map(({ id, values }) =>
      MESSAGES[id].replace(/\{(\d)\}/g, (_, digit: string) => values[Number(digit)] ?? ""),
    )
    .join(" ");
}

/** A novel would fill the screen. */
export function shortened(text: string): string {
  const characters = Array.from(text);
  return characters.length > 60 ? `${characters.slice(0, 59).join("")}…` : text;
}
