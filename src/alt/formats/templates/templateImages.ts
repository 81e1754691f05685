/** Pictures in HTML with a template engine's code in it: the code is masked, and HTML's reader reads the rest. */

import type { FindContext } from "../findContext";
import { readHtml } from "../html/htmlImages";
import type { ImageReference } from "../../imageReference";
import type { AltLanguage } from "../../languages";
import { findTemplateCode, type TemplateCode } from "../../tags/templateCode";
import { bladeCode, phpCode, razorCode, withoutOverlaps } from "./engineCode";
import { liquidCalls } from "./liquidImages";
import { railsCalls } from "./railsImages";

export function findTemplateImages(context: FindContext): ImageReference[] {
  const { text, language } = context;
  const codes = codesOf(text, language);
  const isAtSign = language === "razor" || language === "blade";
  const { images } = readHtml(
    { ...context, codes },
    isAtSign ? { dialect: "razor", keepsAtSigns: language === "razor" } : {},
  );
  const calls =
    language === "erb"
      ? railsCalls(text, codes)
      : language === "liquid"
        ? liquidCalls(text, codes)
        : [];
  return [...images, ...calls];
}

function codesOf(text: string, language: AltLanguage): TemplateCode[] {
  switch (language) {
    case "php":
      return phpCode(text);
    case "blade":
      return withoutOverlaps([
        ...bladeComments(text),
        ...findTemplateCode(text),
        ...bladeCode(text),
      ]);
    case "razor":
      return withoutOverlaps(razorCode(text));
    default:
      return findTemplateCode(text);
  }
}

function bladeComments(text: string): TemplateCode[] {
  return Array.from(text.matchAll(/\{\{--[^]*?--\}\}/g), ({ 0: code, index }) => {
    return { start: index, end: index + code.length, role: "silent" };
  });
}
