/**
 * Encoded pictures to plain 8-bit RGB and to thumbnails, the only file that knows sharp. Knows nothing
 * of models.
 *
 * The reference is Pillow's `Image.open(file).convert("RGB")` after `ImageOps.exif_transpose`:
 * colour profiles and gamma are not applied, gray is repeated, palettes are expanded. PNG, GIF,
 * WebP, TIFF and JPEG (Pillow 12.3, libjpeg-turbo on both sides) agree to the bit; AVIF with halved
 * chroma differs at colour edges, because the two libraries enlarge the chroma differently.
 * Where Pillow gives nothing usable this file decides: 16-bit samples keep their high byte, and
 * drawings are laid on a ground. Transparent GIF pixels are black before `alpha` is looked at, because
 * the decoder does not say which palette entry they had.
 */

import sharp, { type Metadata, type OutputInfo, type SharpOptions } from "sharp";
import { invariant } from "../../base/assert";
import { AppError } from "../../base/errors";
import { HEIC, identify } from "./pictureFile";
import { chooseGround, layOn } from "./pictureGround";
import { drawingBytes, READ_FORMATS, type Stranger } from "./pictureText";
import type { AlphaMode } from "../../model/ask/request";

/** A decoded picture, top row first. */
export interface RgbImage {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** [height, width, 3] red, green, blue, 0 to 255. */
  readonly data: Uint8Array;
}

export interface DecodeOptions extends DecodeLimits {
  readonly alpha: AlphaMode;
}

export interface DecodeLimits {
  /** What to call the picture in an error message. */
  readonly name: string;
  /** Largest width × height. @default MAX_PIXELS */
  readonly maxPixels?: number;
  /** Milliseconds after which a picture counts as unreadable. @default 60000 */
  readonly timeoutMs?: number;
}

/** 268,402,689: libvips' own default, 805 MB of decoded RGB. */
export const MAX_PIXELS = 0x3fff * 0x3fff;

/** Pixels on one side; libpng's limit, and it bounds the coefficient tables of the resize. */
const MAX_SIDE = 1_000_000;

/** Pixels on the longer side of a drawing: some times what a model sees, cheap to draw. */
const DRAWING_SIDE = 1024;

/** A large photograph on a slow machine takes ten seconds; a hostile drawing takes hours. */
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Decodes the first frame or page of a PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG file and turns it
 * upright as its EXIF orientation says. `alpha: "drop"` keeps the stored colour of transparent
 * pixels; `"white"` gives round((c × a + 255 × (255 − a)) / 255), `"dark"` the same with a dark ground,
 * and `"auto"` white unless the picture cannot be seen there. Drawings (SVG) have no stored colour: for
 * `"drop"` they lie on white. They have 1024 pixels on the longer side. A drawing cannot load anything
 * from outside: it is parsed without a base address, so only `data:` references resolve.
 * @throws AppError `image.unreadable` for damage, truncation and other formats,
 * `image.tooLarge` before any pixel is decoded.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<RgbImage> {
  return decodeWithin(options, (timed) => decode(bytes, { ...options, ...timed }));
}

/** A small copy for people; unlike a model's input it keeps colours and transparency. */
export interface Thumbnail {
  /** A WebP file. */
  readonly image: Uint8Array;
  /** Of the original, upright, in pixels. */
  readonly width: number;
  readonly height: number;
}

export interface ThumbnailOptions extends DecodeLimits {
  /** Pixels on the longer side of the copy; a smaller picture is not enlarged. */
  readonly maxSide: number;
}

/** Shows no artefacts at the size of a thumbnail; a copy of 256 pixels has some 10 kB. */
const THUMBNAIL_QUALITY = 80;

/**
 * Makes a small upright copy of what `decodeImage` reads, within the same limits.
 * @throws AppError as `decodeImage`.
 */
export async function makeThumbnail(
  bytes: Uint8Array,
  options: ThumbnailOptions,
): Promise<Thumbnail> {
  return decodeWithin(options, (timed) => shrink(bytes, { ...options, ...timed }));
}

/** A decoded picture as a PNG file, with nothing in it but its pixels. */
export async function encodePng({ width, height, data }: RgbImage): Promise<Uint8Array> {
  return new Uint8Array(
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

/**
 * Draws a drawing (SVG) of our own at a size, with its transparency.
 * @returns [side, side, 4] red, green, blue, alpha; the drawing fits inside.
 */
export async function drawDrawing(svg: Uint8Array, side: number): Promise<Uint8Array> {
  const { data } = await sharp(svg)
    .resize({ width: side, height: side, fit: "contain", background: "#00000000" })
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return new Uint8Array(data);
}

/** Runs a decoding that gives up in time. */
async function decodeWithin<T>(
  options: DecodeLimits,
  work: (timed: Timed) => Promise<T>,
): Promise<T> {
  // Each picture is decoded once: the operation cache would only hold memory. One thread, because
  // more of them gain little here and would take cores from the model.
  sharp.cache(false);
  sharp.concurrency(1);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return withinTime(work({ timeoutMs }), { ...options, timeoutMs });
}

interface Timed {
  readonly timeoutMs: number;
}

async function shrink(file: Uint8Array, options: ThumbnailOptions & Timed): Promise<Thumbnail> {
  const { bytes, isDrawing, header } = await open(file, options);
  // A drawing is drawn at the size of the copy, whatever size it names.
  if (!isDrawing) checkSize(header, options);
  const { maxSide } = options;
  const { data } = await finish({ bytes, isDrawing, options }, (read) =>
    sharp(read.bytes, { ...read.how, autoOrient: true })
      .resize({ width: maxSide, height: maxSide, fit: "inside", withoutEnlargement: true })
      .webp({ quality: THUMBNAIL_QUALITY })
      .timeout({ seconds: Math.ceil(options.timeoutMs / 1000) })
      .toBuffer({ resolveWithObject: true }),
  );
  const { width, height } = header.autoOrient;
  return { image: new Uint8Array(data), width, height };
}

async function decode(file: Uint8Array, options: DecodeOptions & Timed): Promise<RgbImage> {
  const opened = await open(file, options);
  const { header, isDrawing } = opened;
  if (!isDrawing) checkSize(header, options);
  const isCmyk = header.space === "cmyk";
  // Everything else comes out of the conversion to sRGB with 8 bits.
  const depth = isCmyk && header.depth === "ushort" ? "ushort" : "uchar";
  const { data, info } = await readPixels(opened, { ...options, isCmyk, depth });
  // Gray comes out as RGB too: sRGB is what sharp gives unless told otherwise.
  invariant(info.channels >= 3, `${options.name} was decoded to ${info.channels} channels.`);
  const size = { width: info.width, height: info.height };
  const samples = depth === "ushort" ? takeHighBytes(data) : data;
  const pixels = { data: samples, nChannels: info.channels, nPixels: info.width * info.height };
  if (isCmyk) return { ...size, data: cmykToRgb(pixels) };
  const hasAlpha = header.hasAlpha && info.channels === 4;
  const alpha = isDrawing && options.alpha === "drop" ? "white" : options.alpha;
  if (!hasAlpha || alpha === "drop") return { ...size, data: toRgb(pixels) };
  const layers = { ...size, data: samples };
  return { ...size, data: layOn(alpha === "auto" ? chooseGround(layers) : alpha, layers) };
}

/** A file whose header says that it can be read. */
interface Opened {
  /** What libvips is to read. */
  readonly bytes: Uint8Array;
  readonly isDrawing: boolean;
  readonly header: Metadata;
}

// "error" refuses truncated files and broken data but not mere warnings, as Pillow does.
const READ_OPTIONS = { failOn: "error", limitInputPixels: false } as const;

/**
 * How a file is read. A drawing may hold texts of more than the 10 MB that libxml allows, which is what
 * a scan in it needs; its entities, depth and elements stay limited, and the time is.
 */
function howToRead(isDrawing: boolean): SharpOptions {
  return isDrawing ? { ...READ_OPTIONS, unlimited: true } : READ_OPTIONS;
}

async function open(file: Uint8Array, options: DecodeLimits): Promise<Opened> {
  const bytes = await drawingBytes(file);
  const found = identify(bytes);
  if (found.kind === "stranger") throw strange(options, found.stranger);
  const isDrawing = found.kind === "picture" && found.format === "SVG";
  let header: Metadata | undefined;
  let cause: unknown;
  try {
    header = await sharp(bytes, howToRead(isDrawing)).metadata();
  } catch (thrown) {
    cause = thrown;
  }
  if (header !== undefined && isSupported(header)) return { bytes, isDrawing, header };
  if (header?.format === "heif") throw strange(options, HEIC);
  const what =
    found.kind === "unknown"
      ? `is not a picture of a kind that is known here. Use ${READ_FORMATS}.`
      : isDrawing
        ? `is an SVG drawing that cannot be drawn${whyNot(cause)}. Correct it, or save it again.`
        : `begins like ${article(found.format)} picture, but its header is damaged or incomplete. Use an intact copy.`;
  throw unreadable(options, what, cause);
}

function article(format: string): string {
  return /^[AE]/.test(format) ? `an ${format}` : `a ${format}`;
}

/** What the XML parser says, which tells a place; nothing for another failure. */
function whyNot(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : "";
  const found = /on line (\d+) column (\d+) of data: ([^\n]{1,200})/.exec(text);
  if (found === null) return ": it has no size, or nothing to show";
  const [, line, column, reason = ""] = found;
  return `: line ${line}, column ${column} of its XML has a mistake (${reason.trim()})`;
}

function strange(options: DecodeLimits, { what, advice }: Stranger): AppError {
  return unreadable(options, `is ${what}. ${advice}`);
}

function unreadable({ name }: DecodeLimits, what: string, cause?: unknown): AppError {
  return new AppError("image.unreadable", `${name} ${what}`, { cause, detail: { file: name } });
}

function isSupported(header: Metadata): boolean {
  switch (header.format) {
    case "png":
    case "jpeg":
    case "webp":
    case "gif":
    case "tiff":
    case "svg":
      return true;
    case "heif":
      // The container of AVIF and of HEIC, whose decoder is not part of libvips' builds.
      return header.compression === "av1";
    default:
      return false;
  }
}

function checkSize(header: Metadata, options: DecodeLimits): void {
  const { width, height } = header;
  const maxPixels = options.maxPixels ?? MAX_PIXELS;
  if (width * height <= maxPixels && Math.max(width, height) <= MAX_SIDE) return;
  throw new AppError(
    "image.tooLarge",
    `${options.name} has ${width} × ${height} pixels. The limit is ${maxPixels} pixels and ` +
      `${MAX_SIDE} on a side. Use a smaller copy.`,
    { detail: { file: options.name, width, height, maxPixels } },
  );
}

interface Decoded {
  readonly data: Buffer;
  readonly info: OutputInfo;
}

async function readPixels(
  { bytes, isDrawing }: Opened,
  options: DecodeOptions & Timed & { isCmyk: boolean; depth: "uchar" | "ushort" },
): Promise<Decoded> {
  return finish({ bytes, isDrawing, options }, (read) => {
    let image = sharp(read.bytes, { ...read.how, ignoreIcc: true, autoOrient: true });
    // libvips would convert through a printing profile; Pillow's formula is below.
    if (options.isCmyk) image = image.pipelineColourspace("cmyk").toColourspace("cmyk");
    // Draws at this size rather than enlarging pixels.
    if (isDrawing) {
      image = image.resize({ width: DRAWING_SIDE, height: DRAWING_SIDE, fit: "inside" });
    }
    // Stops the work itself where libvips looks at the clock, which is between strips of pixels.
    image = image.timeout({ seconds: Math.ceil(options.timeoutMs / 1000) });
    return image.raw({ depth: options.depth }).toBuffer({ resolveWithObject: true });
  });
}

interface Job {
  readonly bytes: Uint8Array;
  readonly isDrawing: boolean;
  readonly options: DecodeLimits;
}

interface Reading {
  readonly bytes: Uint8Array;
  readonly how: SharpOptions;
}

const JPEG_START = Buffer.of(0xff, 0xd8, 0xff);
const JPEG_END = Buffer.of(0xff, 0xd9);

/** Lets libvips do what was planned. @throws AppError `image.unreadable` for whatever goes wrong. */
async function finish(job: Job, work: (read: Reading) => Promise<Decoded>): Promise<Decoded> {
  const { bytes, isDrawing, options } = job;
  try {
    return await work({ bytes, how: howToRead(isDrawing) });
  } catch (cause) {
    if (JPEG_START.equals(bytes.subarray(0, 3))) {
      // Some cameras leave out the mark at the end. With it, lost pixels are a warning.
      const whole = Buffer.concat([bytes, JPEG_END]);
      const how = { ...READ_OPTIONS, failOn: "warning" } as const;
      const repaired = await work({ bytes: whole, how }).catch(() => undefined);
      if (repaired !== undefined) return repaired;
    }
    const why = isDrawing
      ? `is an SVG drawing that cannot be drawn${drawingReason(cause)}. Simplify it, or save it again.`
      : "is damaged: its pixels cannot be decoded. Use an intact copy.";
    throw unreadable(options, why, cause);
  }
}

/** Such as "maximum depth of 500 nested layers has been exceeded". */
function drawingReason(cause: unknown): string {
  const found = /glib: ([^\n]{1,200})/.exec(cause instanceof Error ? cause.message : "");
  return found === null ? "" : `: ${found[1] ?? ""}`;
}

/** Gives up waiting; a thread that is inside one long drawing operation still has to finish it. */
async function withinTime<T>(work: Promise<T>, options: DecodeLimits & Timed): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new AppError(
          "image.unreadable",
          `${options.name} took longer than ${options.timeoutMs / 1000} s to decode. ` +
            "Use a simpler or smaller copy.",
          { detail: { file: options.name, timeoutMs: options.timeoutMs } },
        ),
      );
    }, options.timeoutMs);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Samples as sharp gives them: [nPixels, nChannels], RGB or CMYK first, alpha last if any. */
interface Pixels {
  readonly data: Buffer;
  /** At least 3. */
  readonly nChannels: number;
  readonly nPixels: number;
}

// The functions below write RGB over samples they have read: a large picture is not in memory twice.

function rgbTarget({ data, nPixels }: Pixels): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, nPixels * 3);
}

function toRgb(pixels: Pixels): Uint8Array {
  const { data, nChannels, nPixels } = pixels;
  const rgb = rgbTarget(pixels);
  if (nChannels === 3) return rgb;
  for (let from = 0, to = 0; to < nPixels * 3; from += nChannels, to += 3) {
    rgb[to] = data[from] ?? 0;
    rgb[to + 1] = data[from + 1] ?? 0;
    rgb[to + 2] = data[from + 2] ?? 0;
  }
  return rgb;
}

/** 16-bit samples as sharp gives them, little-endian on every platform that it runs on, to 8 bits. */
function takeHighBytes(data: Buffer): Buffer {
  const bytes = data.subarray(0, data.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = data[2 * i + 1] ?? 0;
  return bytes;
}

/** Pillow's conversion: (255 − k) less its share c of ink, with a rounded product over 255. */
function cmykToRgb(pixels: Pixels): Uint8Array {
  const { data, nChannels, nPixels } = pixels;
  const rgb = rgbTarget(pixels);
  for (let from = 0, to = 0; to < nPixels * 3; from += nChannels, to += 3) {
    const light = 255 - (data[from + 3] ?? 0);
    for (let channel = 0; channel < 3; channel++) {
      const product = (data[from + channel] ?? 0) * light + 128;
      rgb[to + channel] = light - ((product + (product >> 8)) >> 8);
    }
  }
  return rgb;
}
