/**
 * Names of files that stand where a text should: what cameras, phones, messengers, systems and drawing
 * programs call their pictures, in the languages they speak, and the name of the picture itself.
 */

import type { ImageTarget } from "../imageReference";

const EXTENSIONS =
  "png|jpe?g|jpe|gif|webp|avif|svg|bmp|ico|tiff?|heic|heif|jfif|jxl|apng|psd|drawio|excalidraw|cr2|nef|dng";
/** A path or name that ends as a file of a picture does. */
const WITH_EXTENSION = new RegExp(
  `^\\S+\\.(?:${EXTENSIONS})$|^[^.!?]{1,80}\\.(?:${EXTENSIONS})$`,
  "i",
);
const PICTURE_END = new RegExp(`[^/\\\\]\\.(?:${EXTENSIONS})$`, "i");

/** True for a path whose file is a picture by its name; `#` and what follows is no part of it. */
export function isPicturePath(path: string): boolean {
  const [file = ""] = path.split("#");
  return PICTURE_END.test(file.trim());
}

/** What systems and programs call a picture of the screen. */
const SCREENSHOTS = [
  // English and programs.
  ..."screen ?shot|screen ?capture|screen ?cap|screen ?grab|screen ?recording|snip|snipaste".split(
    "|",
  ),
  ..."snagit|clean ?shot|light ?shot|green ?shot|shottr|flameshot|monosnap|spectacle|capture".split(
    "|",
  ),
  // German, Spanish, Portuguese, French, Italian, Dutch.
  ..."bildschirmfoto|bildschirmaufnahme|bildschirmausschnitt|captura de pantalla".split("|"),
  ..."captura de (?:tela|ecrã|ecra)|captura|capture d.[ée]cran|schermata|istantanea".split("|"),
  ..."schermafbeelding|schermafdruk|schermopname".split("|"),
  // Swedish, Norwegian, Danish, Finnish.
  ..."skärmavbild|skärmbild|skärmdump|skärmklipp|skjermbilde|skærmbillede|skærmbild".split("|"),
  ..."näyttökuva|kuvakaappaus|näyttökaappaus".split("|"),
  // Polish, Czech, Slovak, Hungarian, Romanian, Turkish, Croatian.
  ..."zrzut ekranu|zrzut|snímek obrazovky|snímka obrazovky|képernyőfotó|képernyőkép".split("|"),
  ..."captur[ăa] de ecran|ekran (?:görüntüsü|resmi|alıntısı)|snimka zaslona|snimak ekrana".split(
    "|",
  ),
  // Russian, Ukrainian, Bulgarian, Greek.
  ..."снимок экрана|скриншот|знімок екрана|снимка на екрана|екранна снимка".split("|"),
  ..."στιγμιότυπο οθόνης|στιγμιότυπο".split("|"),
  // Arabic, Hebrew, Persian, Hindi, Thai, Vietnamese, Indonesian.
  ..."لقطة شاشة|لقطة الشاشة|צילום מסך|نماگرفت|स्क्रीनशॉट|ภาพหน้าจอ|ảnh chụp màn hình".split("|"),
  ..."ảnh màn hình|tangkapan layar|cuplikan layar".split("|"),
  // Chinese, Japanese, Korean.
  ..."屏幕截图|屏幕快照|螢幕截圖|螢幕快照|螢幕擷取畫面|截屏|截图|截圖|スクリーンショット".split(
    "|",
  ),
  ..."画面キャプチャ|스크린샷|화면 ?캡처".split("|"),
].join("|");

/** A few short words between a name, its day and its time, such as "from", "vom" or "a las". */
const BETWEEN = "(?:[\\s_,.-]*\\p{L}{1,6}\\.?){0,2}?[\\s_,.-]*";
const DAY =
  "(?:\\d{4}[-._ ]?\\d{1,2}[-._ ]?\\d{1,2}|\\d{1,2}[-._]\\d{1,2}[-._]\\d{4}|\\d{4}年\\d+月\\d+日)";
/** No colon: no system puts one into a file's name. */
const TIME = "\\d{1,2}[-._ hu時]?\\d{2}(?:[-._ m分]?\\d{2,5}[s秒]?)?";
const HALF = "(?:[\\s_.\u202f]*(?:[ap]\\.?\\s?m\\.?|上午|下午|午前|午後|오전|오후))?";
/** Behind the time: a hash, the program that was photographed, a copy's number, a resolution. */
const REST =
  "(?:\\s*@\\dx)?(?:[_~-][\\p{L}\\d.]+){0,4}(?:[\\s_-]*\\(\\d+\\))?(?:[\\s_-]*(?:copy|kopie|copia|copie))?";
const STAMP = `${DAY}(?:${BETWEEN}${TIME}${HALF})?${REST}`;
/** With a colon only behind the name of a program, as macOS shows it. */
const SHOWN_STAMP = `${DAY}(?:${BETWEEN}${HALF}\\s?\\d{1,2}[-.: ]?\\d{2}(?:[-.: ]?\\d{2})?${HALF})?${REST}`;

/** Cameras, phones and programs for photographs, whose names go on with numbers. */
const CAMERAS = [
  ..."IMG|_?MG|_?DSC[NF]?|_?DSF|DCIM|PXL|MVIMG|GOPR|G[XH]|WP|P|PICT|IMGP|IMAG|CIMG|HPIM|SAM|SNAP".split(
    "|",
  ),
  ..."DJI|VID|PANO|BURST|COLLAGE|FB_IMG|RDT|KIMG|STK|Snapchat|Snapseed|PhotoGrid|InShot".split("|"),
  ..."received|Picsart|beauty|signal|Resized|LRM|PSX|MI|TIMEPHOTO|GOPRO|LINE_ALBUM|mmexport".split(
    "|",
  ),
  ..."微信图片|微信截图|QQ图片|QQ截图|KakaoTalk|Polish|Photo ?Editor|FLMP|FullSizeRender".split(
    "|",
  ),
].join("|");

/** Words of browsers, mail and drawing programs, which mean nothing with a number behind them. */
const NUMBERED = [
  ..."frame|group|rectangle|ellipse|vector|slice|component|layer|artboard|mask group|slide".split(
    "|",
  ),
  ..."folie|diapositive|diapositiva|dia|slajd|slayt|слайд|幻灯片|スライド|슬라이드".split("|"),
  ..."untitled|untitled design|unbenannt|sans titre|sin título|senza titolo|без названия".split(
    "|",
  ),
  ..."clipboard|clipboard image|clip|pasted image|pasted graphic|pasted-?image|unnamed|download".split(
    "|",
  ),
].join("|");
/** Words that mean the file with a copy's number in brackets, or with more digits than are counted. */
const COPIED = [
  ..."image|images|img|photo|picture|pic|scan|scanned|file|downloads?|unnamed|screenshot|capture".split(
    "|",
  ),
  ..."bild|foto|imagen|imagem|immagine|image|obraz|afbeelding|изображение|фото|图片|画像|이미지".split(
    "|",
  ),
].join("|");

const NAMES: readonly RegExp[] = [
  // A screen's picture with a day, a number in brackets or a number alone.
  `(?:${SCREENSHOTS})${BETWEEN}(?:${SHOWN_STAMP})`,
  `(?:${SCREENSHOTS})[\\s_-]*(?:\\(\\d+\\)|\\d{1,14})(?:[-_]\\d+)*${REST}`,
  // Whatever a program calls its file, with a day and a time in it.
  `(?:[\\p{L}\\p{M}\\d'’.·]+[\\s_-]+){0,6}?${DAY}${BETWEEN}(?!\\d{4}[-.])\\d{1,2}[-._ hu時]?\\d{2}[-._ m分]?\\d{2,5}[s秒]?${HALF}${REST}`,
  `(?:\\p{L}+\\s){0,3}WhatsApp(?:\\s\\p{L}+)?${BETWEEN}${STAMP}`,
  `IMG-\\d{8}-WA\\d+${REST}`,
  `(?:${CAMERAS})[-_ ]?E?\\d{3,}(?:[-_ ]\\d+)*${REST}`,
  `photo[-_ ]\\d+[-_@]${STAMP}`,
  `(?:${COPIED})[-_ ]?\\d{4}[\\d_ -]*${REST}`,
  `(?:${COPIED})[\\s_-]?\\(\\d+\\)`,
  `(?:${NUMBERED})[\\s_-]*(?:\\(\\d+\\)|\\d{1,14})(?:[\\s_-]*\\(\\d+\\))?`,
  "unnamed|pasted image|pasted graphic|clipboard image|FullSizeRender",
  // What nobody writes with marks in place of spaces, and with the state of a draft behind.
  "(?:[\\p{L}\\d]+[-_]){2,8}(?:v\\d{1,3}|final|copy|kopie|draft|entwurf|\\d{2,4}x\\d{2,4}|\\dx)",
  // ChatGPT and its kin.
  `(?:ChatGPT Image|Gemini[_ ]Generated[_ ]Image|DALL.E|Midjourney)[\\s_-].*\\d.*`,
  // UUIDs, hashes, and numbers of content networks.
  "\\{?[\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12}\\}?",
  "(?=[^\\s]*\\d)(?=[^\\s]*[a-f])[\\da-f]{16,}",
  "(?=[^\\s]*\\d[^\\s]*\\d)(?=[^\\s]*[a-z])[\\w*-]{24,}",
  "\\d{10,}|\\d{5,}(?:[_-]\\d+)+(?:[_-][a-z])?",
].map((pattern) => new RegExp(`^(?:${pattern})$`, "iu"));

/** True for a text that is the name of a picture's file. */
export function isFileName(text: string): boolean {
  if (WITH_EXTENSION.test(text) || ADDRESS.test(text)) return true;
  return text.length <= MAX_NAME && NAMES.some((pattern) => pattern.test(text));
}

/** Nobody wants an address to be read aloud, whatever lies there. */
const ADDRESS = /^(?:https?|ftp|file|data|blob):\S+$/i;

/** Longer texts are no names, and patterns stay cheap. */
const MAX_NAME = 100;

/**
 * True for a text that a program took from the picture's own file: the name with its marks, or the same
 * words with spaces and not a letter changed. One plain word may be meant.
 */
export function isOwnName(text: string, { kind, value }: ImageTarget): boolean {
  if (kind === "dynamic" || value.startsWith("data:")) return false;
  const [path = ""] = value.split(/[?#|]/);
  const file = decoded(path.slice(path.search(/[^/\\]*$/)));
  const stem = file.replace(/\.[a-z\d]{2,10}$/i, "");
  if (!/[-_+\d\s]/.test(stem) || !/\p{L}/u.test(stem)) return text === file && stem !== file;
  if ([stem, file].includes(text)) return /[-_+\d]|\S\s\S/.test(stem);
  return text.includes(" ") && text === stem.replace(/[-_+.\s]+/g, " ").trim();
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
