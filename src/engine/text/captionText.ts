/** Texts as LAVIS feeds them to BLIP-2 (`blip_processors.py`, `BlipCaptionProcessor`). */

const MAX_WORDS = 50;

/** Lower case, without marks, on one line, at most fifty words. */
export function captionText(text: string): string {
  const words = text
    .toLowerCase()
    .replaceAll(/[.!"()*#:;~]/g, " ")
    .split(/\s+/)
    .filter((word) => word !== "");
  return words.slice(0, MAX_WORDS).join(" ");
}
