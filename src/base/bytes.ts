/** Sizes in bytes as people read them. */

const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** `1536000` → `1.5 MB`; decimal units, as disks and download pages count. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ""}`;
}
