/** Pictures in HTML with a template engine's code in it: the code is masked, and HTML's reader reads the rest. */

import type { FindContext } from "../findContext";
import { readHtml } from "../html/htmlImages";
import type { ImageReference } from "../../imageReference";
import type { AltLanguage } from "../../languages";
import { isOnlyContent } from "../../tags/linkContent";
import type { TagContext } from "../../tags/tagParts";
import { findTemplateCode, type TemplateCode } from "../../tags/templateCode";
import { bladeCode, phpCode, razorCode, withoutOverlaps } from "./engineCode";
import { liquidCalls } from "./liquidImages";
import { railsCalls } from "./railsImages";

export function findTemplateImages(context: FindContext): ImageReference[] {
  const { text, language } = context;
  const codes = codesOf(text, language);
  const isAtSign = language === "razor" || language === "blade";
  const calls =
    language === "erb"
      ? railsCalls(text, codes)
      : language === "liquid"
        ? liquidCalls(text, codes)
        : [];
  const { images, contexts } = readHtml(
    { ...context, codes },
    {
      others: calls.map(({ span }) => span),
      ...(isAtSign ? { dialect: "razor", keepsAtSigns: language === "razor" } : {}),
    },
  );
  return [...images, ...calls.map((image, index) => linked(text, image, contexts[index]))];
}

/** A call that is all that the link or button of a tag around it shows. */
function linked(
  text: string,
  image: ImageReference,
  context: TagContext | undefined,
): ImageReference {
  const named = context?.named ?? null;
  if (named === null || !isOnlyContent(text, named.content, image.span)) return image;
  return {
    ...image,
    isLink: named.kind === "link",
    around: { ...image.around, names: named.kind },
  };
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
