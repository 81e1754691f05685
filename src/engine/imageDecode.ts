/**
 * Encoded pictures to plain 8-bit RGB and to thumbnails, the only file that knows sharp. Knows nothing
 * of models.
 *
 * The reference is Pillow's `Image.open(file).convert("RGB")` after `ImageOps.exif_transpose`:
 * colour profiles and gamma are not applied, gray is repeated, palettes are expanded. PNG, GIF,
 * WebP, TIFF and JPEG (Pillow 12.3, libjpeg-turbo on both sides) agree to the bit; AVIF with halved
 * chroma differs at colour edges, because the two libraries enlarge the chroma differently.
 * Where Pillow gives nothing usable this file decides: 16-bit samples keep their high byte, and
 * drawings are laid on white. Transparent GIF pixels are black before `alpha` is looked at, because
 * the decoder does not say which palette entry they had.
 */

import sharp, { type Metadata, type OutputInfo } from "sharp";
import { invariant } from "../base/assert";
import { AppError } from "../base/errors";
import type { AlphaMode } from "./request";

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

const FORMATS = "PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG";

/**
 * Decodes the first frame or page of a PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG file and turns it
 * upright as its EXIF orientation says. `alpha: "drop"` keeps the stored colour of transparent
 * pixels; `"white"` gives round((c × a + 255 × (255 − a)) / 255). Drawings (SVG) have no stored
 * colour and always lie on white, 1024 pixels on the longer side. A drawing cannot load anything
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

async function shrink(bytes: Uint8Array, options: ThumbnailOptions & Timed): Promise<Thumbnail> {
  const header = await readHeader(bytes, options);
  // A drawing is drawn at the size of the copy, whatever size it names.
  if (header.format !== "svg") checkSize(header, options);
  const { maxSide } = options;
  const { data } = await finish(options, () =>
    sharp(bytes, { ...READ_OPTIONS, autoOrient: true })
      .resize({ width: maxSide, height: maxSide, fit: "inside", withoutEnlargement: true })
      .webp({ quality: THUMBNAIL_QUALITY })
      .timeout({ seconds: Math.ceil(options.timeoutMs / 1000) })
      .toBuffer({ resolveWithObject: true }),
  );
  const { width, height } = header.autoOrient;
  return { image: new Uint8Array(data), width, height };
}

async function decode(bytes: Uint8Array, options: DecodeOptions & Timed): Promise<RgbImage> {
  const header = await readHeader(bytes, options);
  const isDrawing = header.format === "svg";
  if (!isDrawing) checkSize(header, options);
  const isCmyk = header.space === "cmyk";
  // Everything else comes out of the conversion to sRGB with 8 bits.
  const depth = isCmyk && header.depth === "ushort" ? "ushort" : "uchar";
  const { data, info } = await readPixels(bytes, { ...options, isDrawing, isCmyk, depth });
  // Gray comes out as RGB too: sRGB is what sharp gives unless told otherwise.
  invariant(info.channels >= 3, `${options.name} was decoded to ${info.channels} channels.`);
  const size = { width: info.width, height: info.height };
  const samples = depth === "ushort" ? takeHighBytes(data) : data;
  const pixels = { data: samples, nChannels: info.channels, nPixels: info.width * info.height };
  if (isCmyk) return { ...size, data: cmykToRgb(pixels) };
  const alpha = isDrawing ? "white" : options.alpha;
  const hasAlpha = header.hasAlpha && info.channels === 4;
  return { ...size, data: hasAlpha && alpha === "white" ? layOnWhite(pixels) : toRgb(pixels) };
}

// "error" refuses truncated files and broken data but not mere warnings, as Pillow does.
const READ_OPTIONS = { failOn: "error", limitInputPixels: false } as const;

async function readHeader(bytes: Uint8Array, options: DecodeLimits): Promise<Metadata> {
  // A gzip stream may be a compressed drawing, which would be inflated without a limit.
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  let header: Metadata | undefined;
  let cause: unknown;
  try {
    if (!isGzip) header = await sharp(bytes, READ_OPTIONS).metadata();
  } catch (thrown) {
    cause = thrown;
  }
  if (header !== undefined && isSupported(header)) return header;
  throw new AppError(
    "image.unreadable",
    `${options.name} is not a picture that can be read, or its header is damaged. Use ${FORMATS}.`,
    { cause, detail: { file: options.name } },
  );
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
  bytes: Uint8Array,
  options: DecodeOptions &
    Timed & { isDrawing: boolean; isCmyk: boolean; depth: "uchar" | "ushort" },
): Promise<Decoded> {
  return finish(options, () => {
    let image = sharp(bytes, { ...READ_OPTIONS, ignoreIcc: true, autoOrient: true });
    // libvips would convert through a printing profile; Pillow's formula is below.
    if (options.isCmyk) image = image.pipelineColourspace("cmyk").toColourspace("cmyk");
    // Draws at this size rather than enlarging pixels.
    if (options.isDrawing) {
      image = image.resize({ width: DRAWING_SIDE, height: DRAWING_SIDE, fit: "inside" });
    }
    // Stops the work itself where libvips looks at the clock, which is between strips of pixels.
    image = image.timeout({ seconds: Math.ceil(options.timeoutMs / 1000) });
    return image.raw({ depth: options.depth }).toBuffer({ resolveWithObject: true });
  });
}

/** Lets libvips do what was planned. @throws AppError `image.unreadable` for whatever goes wrong. */
async function finish(options: DecodeLimits, work: () => Promise<Decoded>): Promise<Decoded> {
  try {
    return await work();
  } catch (cause) {
    throw new AppError(
      "image.unreadable",
      `${options.name} is damaged: its pixels cannot be decoded. Use an intact copy.`,
      { cause, detail: { file: options.name } },
    );
  }
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

function layOnWhite(pixels: Pixels): Uint8Array {
  const { data, nPixels } = pixels;
  const rgb = rgbTarget(pixels);
  for (let from = 0, to = 0; to < nPixels * 3; from += 4, to += 3) {
    const alpha = data[from + 3] ?? 255;
    // 127 rounds to the nearest; ties cannot occur because 255 is odd.
    const white = 255 * (255 - alpha) + 127;
    rgb[to] = ((data[from] ?? 0) * alpha + white) / 255;
    rgb[to + 1] = ((data[from + 1] ?? 0) * alpha + white) / 255;
    rgb[to + 2] = ((data[from + 2] ?? 0) * alpha + white) / 255;
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
