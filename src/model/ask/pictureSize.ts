/** How large the file of a picture may be. */

/**
 * Larger files are refused before they are read; the largest photographs are a tenth of it, and several
 * times as much can end a process.
 */
export const MAX_PICTURE_BYTES = 256 * 2 ** 20;
