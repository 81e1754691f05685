/** Losses and what is found, as a person reads them. */

import type { Figures } from "../../train/run/trainingRun";

/** Shares as per cent, all others with three digits. */
export function figureText(name: string, value: number): string {
  return name.includes("R@") ? `${(100 * value).toFixed(1)} %` : value.toFixed(3);
}

export function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${figureText(name, value)}`)
    .join(", ");
}
