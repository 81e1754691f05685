/** The one table of the tools that agents are given, in the order in which they are listed. */

import { askImage } from "./askImage";
import { auditAltText } from "./auditAltText";
import { describeImage } from "./describeImage";
import { findImages } from "./findImages";
import { scoreImageText } from "./scoreImageText";
import type { Tool } from "./tool";

export const TOOLS = [describeImage, askImage, findImages, scoreImageText, auditAltText] as const;

/** A tool whose input was checked by its own schema. */
export type AnyTool = Tool<unknown>;

/** The tool of that name. */
export function toolNamed(name: string): AnyTool | undefined {
  // Whoever calls it goes through `readInput` with its own schema.
  return (TOOLS as unknown as readonly AnyTool[]).find((tool) => tool.name === name);
}
