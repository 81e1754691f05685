/**
 * What a file is, by its first bytes, and what to do with one that is no picture that can be read.
 * Knows no decoder; names of files and their extensions tell nothing here.
 */

import { isDrawing, textOf, textStranger, type Stranger } from "./pictureText";

export type PictureFile =
  | { readonly kind: "picture"; readonly format: string }
  | { readonly kind: "stranger"; readonly stranger: Stranger }
  | { readonly kind: "unknown" };

/** Tells what a file is. A compressed drawing must be unpacked before, see `unpackDrawing`. */
export function identify(bytes: Uint8Array): PictureFile {
  const head = headOf(bytes);
  const format = READABLE.find(([, matches]) => matches(head, bytes))?.[0];
  if (isHeic(head)) return { kind: "stranger", stranger: HEIC };
  const found =
    bytes.length === 0
      ? EMPTY
      : (STRANGERS.find(({ matches }) => matches(head, bytes)) ?? textStranger(textOf(bytes)));
  // A camera's raw file is a TIFF file, too, but one whose first picture is a preview.
  if (format !== undefined && found === undefined) return { kind: "picture", format };
  return found === undefined ? { kind: "unknown" } : { kind: "stranger", stranger: found };
}

/** What the decoder says of HEIC, which has the container of AVIF. */
export const HEIC: Stranger = {
  what: "a HEIC picture, which is not read",
  advice:
    "Convert it to JPEG or PNG, for example with heif-convert of libheif, or export it from the program that shows it; an iPhone takes JPEG with Settings, Camera, Formats, Most Compatible.",
};

/** Enough for every mark below, and for the first folder of a raw file. */
const HEAD_BYTES = 4096;

/** One character for each byte. */
function headOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).toString(
    "latin1",
  );
}

type Matches = (head: string, bytes: Uint8Array) => boolean;

const starts =
  (...marks: readonly string[]): Matches =>
  (head) =>
    marks.some((mark) => head.startsWith(mark));
const at =
  (offset: number, ...marks: readonly string[]): Matches =>
  (head) =>
    marks.some((mark) => head.startsWith(mark, offset));
const both =
  (one: Matches, other: Matches): Matches =>
  (head, bytes) =>
    one(head, bytes) && other(head, bytes);

/** Major and compatible brands of an ISO media file; none for another file. */
function brandsOf(head: string): readonly string[] {
  if (!head.startsWith("ftyp", 4)) return [];
  const end = Math.min(codeAt(head, 2) * 256 + codeAt(head, 3), head.length, 256);
  const brands = [head.slice(8, 12)];
  for (let from = 16; from + 4 <= end; from += 4) brands.push(head.slice(from, from + 4));
  return brands;
}

const hasBrand =
  (pattern: RegExp): Matches =>
  (head) =>
    brandsOf(head).some((brand) => pattern.test(brand));

/** A name of its codec and none of AV1's; what only names the container is left to the decoder. */
function isHeic(head: string): boolean {
  const brands = brandsOf(head);
  const hasAv1 = brands.some((brand) => /^avi[fs]$/.test(brand));
  return !hasAv1 && brands.some((brand) => /^he(ic|ix|im|is|vc|vx)$/.test(brand));
}

const READABLE: readonly (readonly [string, Matches])[] = [
  ["PNG", starts("\x89PNG\r\n\x1a\n")],
  ["JPEG", starts("\xff\xd8\xff")],
  ["GIF", starts("GIF87a", "GIF89a")],
  ["WebP", both(starts("RIFF"), at(8, "WEBP"))],
  ["TIFF", starts("II*\0", "MM\0*", "II+\0", "MM\0+")],
  // Which of the two it is, only its decoder tells.
  ["AVIF or HEIC", hasBrand(/^(avi[fs]|mif1|msf1)$/)],
  ["SVG", (_head, bytes) => isDrawing(bytes)],
];

interface KnownStranger extends Stranger {
  readonly matches: Matches;
}

const EMPTY: Stranger = { what: "empty", advice: "Download or save it again." };

const TO_PNG = "Convert it to PNG, for example with ImageMagick or GIMP.";
const MAGICK_TO_PNG = (extension: string): string =>
  `Convert it to PNG, for example with ImageMagick: magick FILE.${extension} FILE.png`;

const picture = (what: string, matches: Matches, advice = TO_PNG): KnownStranger => ({
  what: `${what}, which is not read`,
  matches,
  advice,
});

const VIDEO =
  "Save one of its frames as PNG, for example with ffmpeg -i FILE -frames:v 1 FRAME.png";
const RAW =
  "Develop it to JPEG, PNG or TIFF, for example with darktable or the camera's own program.";
const UNPACK = "Unpack it, and use the picture that is in it.";

const STRANGERS: readonly KnownStranger[] = [
  picture("a BMP picture", isBmp, MAGICK_TO_PNG("bmp")),
  picture(
    "an icon (ICO)",
    both(starts("\0\0\x01\0"), isIconList),
    "Convert it to PNG, for example with ImageMagick, which makes one picture of each size: magick FILE.ico FILE.png",
  ),
  picture("a mouse pointer (CUR)", both(starts("\0\0\x02\0"), isIconList), MAGICK_TO_PNG("cur")),
  picture("an icon of macOS (ICNS)", starts("icns"), "Convert it to PNG, for example in Preview."),
  picture("a Photoshop document (PSD)", starts("8BPS"), "Export it as PNG, in Photoshop or GIMP."),
  picture("a GIMP document (XCF)", starts("gimp xcf"), "Export it as PNG in GIMP."),
  picture(
    "a JPEG XL picture",
    starts("\xff\x0a", "\0\0\0\x0cJXL "),
    "Convert it to PNG, for example with djxl of libjxl: djxl FILE.jxl FILE.png",
  ),
  picture(
    "a JPEG 2000 picture",
    starts("\0\0\0\x0cjP  ", "\xff\x4f\xff\x51"),
    MAGICK_TO_PNG("jp2"),
  ),
  picture("a JPEG XR picture", starts("II\xbc")),
  picture("a camera's raw file", isRaw, RAW),
  picture(
    "a PDF document",
    (head) => /^[^%]{0,1020}%PDF-\d/.test(head.slice(0, 1024)),
    "Save the page as PNG, for example with pdftoppm of Poppler: pdftoppm -png -singlefile FILE.pdf FILE",
  ),
  picture(
    "a PostScript document",
    starts("%!PS", "\xc5\xd0\xd3\xc6"),
    "Convert it to PNG or SVG, for example with Ghostscript or Inkscape.",
  ),
  picture(
    "a Windows metafile (WMF or EMF)",
    isMetafile,
    "Convert it to PNG or SVG, for example with Inkscape or LibreOffice Draw.",
  ),
  picture("a DDS texture", starts("DDS ")),
  picture("a KTX texture", starts("\xabKTX ")),
  picture("an OpenEXR picture", starts("\x76\x2f\x31\x01")),
  picture("a Radiance HDR picture", starts("#?RADIANCE", "#?RGBE")),
  picture("a QOI picture", starts("qoif")),
  picture("a FLIF picture", starts("FLIF")),
  picture("a BPG picture", starts("BPG\xfb")),
  picture("an MNG animation", starts("\x8aMNG")),
  picture("a Netpbm picture (PBM, PGM, PPM or PAM)", (head) => /^P[1-7][\s#]/.test(head)),
  picture("a DICOM picture", at(128, "DICM"), "Export it as PNG from the program that shows it."),
  picture("a FITS picture", starts("SIMPLE  =")),
  picture("an XPM picture", starts("/* XPM */")),
  picture("an XBM picture", (head) => /^#define \S+_width \d/.test(head)),
  picture("a TGA picture", isTga, MAGICK_TO_PNG("tga")),
  picture(
    "an MP4 or QuickTime video",
    hasBrand(/^(iso[m2-9]|mp4[12]|avc1|qt {2}|M4V.|3g[p2].|dash|f4v )$/),
    VIDEO,
  ),
  picture("a WebM or Matroska video", starts("\x1a\x45\xdf\xa3"), VIDEO),
  picture("an AVI video", both(starts("RIFF"), at(8, "AVI ")), VIDEO),
  picture("a video", starts("\0\0\x01\xba", "\0\0\x01\xb3", "FLV\x01", "OggS"), VIDEO),
  { what: "a sound file", advice: "Give a picture.", matches: isSound },
  {
    what: "a ZIP archive, or a document that is one inside",
    matches: starts("PK\x03\x04"),
    advice: `${UNPACK} Documents of Sketch, Krita, Figma and offices are exported as PNG by their programs.`,
  },
  {
    what: "an archive",
    matches: starts("7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07", "\xfd7zXZ\0", "BZh", "\x28\xb5\x2f\xfd"),
    advice: UNPACK,
  },
  {
    what: "a compressed file (gzip) with something else in it than an SVG drawing",
    matches: starts("\x1f\x8b"),
    advice: UNPACK,
  },
  {
    what: "not the picture but what macOS notes beside it (AppleDouble)",
    matches: starts("\0\x05\x16\x07"),
    advice: "Use the file whose name lacks the ._ at the beginning.",
  },
  {
    what: "a PNG picture whose line ends were converted, which destroyed it",
    matches: starts("\x89PNG\n\x1a\n", "\x89PNG\r\n\x1a\r\n", "\x89PNG\r\r\n"),
    advice: "Get it again as a binary file; in Git, *.png needs the attribute binary.",
  },
  {
    what: "a binary file that was read and saved as text, which destroyed it",
    matches: starts("\xef\xbf\xbd"),
    advice: "Get it again as a binary file.",
  },
  {
    what: "full of zeros, as a download or a disk leaves it that broke off",
    matches: (_head, bytes) => bytes.length > 0 && bytes.every((byte) => byte === 0),
    advice: "Use an intact copy.",
  },
];

function codeAt(head: string, offset: number): number {
  return offset < head.length ? head.charCodeAt(offset) : 0;
}

function u32(head: string, offset: number): number {
  return (
    (codeAt(head, offset) |
      (codeAt(head, offset + 1) << 8) |
      (codeAt(head, offset + 2) << 16) |
      (codeAt(head, offset + 3) << 24)) >>>
    0
  );
}

/** Two letters alone would take some texts for one. */
function isBmp(head: string): boolean {
  return head.startsWith("BM") && [12, 16, 40, 52, 56, 64, 108, 124].includes(u32(head, 14));
}

/** The first entry of the list says where its picture lies, which is behind the list. */
function isIconList(head: string): boolean {
  const count = codeAt(head, 4) + 256 * codeAt(head, 5);
  return count > 0 && u32(head, 18) >= 6 + 16 * count;
}

function isMetafile(head: string): boolean {
  const isPlaceable = head.startsWith("\xd7\xcd\xc6\x9a") || head.startsWith("\x01\0\x09\0\0\x03");
  return isPlaceable || (head.startsWith("\x01\0\0\0") && head.startsWith(" EMF", 40));
}

function isSound(head: string): boolean {
  const isWave = head.startsWith("RIFF") && head.startsWith("WAVE", 8);
  return isWave || ["ID3", "fLaC", "\xff\xfb"].some((mark) => head.startsWith(mark));
}

/** TGA has no mark at its beginning; newer files have one at their end. */
function isTga(head: string, bytes: Uint8Array): boolean {
  const tail = Buffer.from(bytes.subarray(-18)).toString("latin1");
  if (tail.startsWith("TRUEVISION-XFILE.")) return true;
  const [mapped, type, depth] = [codeAt(head, 1), codeAt(head, 2), codeAt(head, 16)];
  const [width, height] = [u32(head, 12) & 0xffff, u32(head, 12) >>> 16];
  return (
    mapped <= 1 &&
    [1, 2, 3, 9, 10, 11].includes(type) &&
    [8, 15, 16, 24, 32].includes(depth) &&
    (mapped === 1) === (type % 8 === 1) &&
    width * height > 0 &&
    bytes.length > 18
  );
}

const RAW_MARKS = ["IIRO", "IIRS", "MMOR", "IIU\0", "FUJIFILMCCD-RAW", "FOVb"];
const TAG = { subfileType: 254, subFolders: 330, dngVersion: 50706 } as const;

/**
 * Most are TIFF files whose first folder holds a preview and a list of further folders (TIFF/EP); a DNG
 * names its version.
 */
function isRaw(head: string): boolean {
  if (RAW_MARKS.some((mark) => head.startsWith(mark))) return true;
  if (brandsOf(head).includes("crx ")) return true;
  if (head.startsWith("HEAPCCDR", 6)) return true;
  if (!/^(II\*\0|MM\0\*)/.test(head)) return false;
  if (head.startsWith("CR\x02", 8)) return true;
  const isLittle = head.startsWith("II");
  const number = (offset: number, size: 2 | 4): number => {
    const digits = Array.from({ length: size }, (_, i) => codeAt(head, offset + i));
    return (isLittle ? digits.reverse() : digits).reduce((sum, digit) => sum * 256 + digit, 0);
  };
  const folder = number(4, 4);
  const tags = new Map<number, number>();
  const count = Math.min(number(folder, 2), 200);
  for (let i = 0; i < count && folder + 14 + 12 * i <= head.length; i++) {
    const entry = folder + 2 + 12 * i;
    tags.set(number(entry, 2), number(entry + 8, 4));
  }
  const isPreview = (tags.get(TAG.subfileType) ?? 0) % 2 === 1;
  return tags.has(TAG.dngVersion) || (isPreview && tags.has(TAG.subFolders));
}
