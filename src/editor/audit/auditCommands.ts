/** The commands of the audit, and who does them. */

import type { AuditCommandId } from "../shell/commandIds";
import type { FeatureWith } from "../shell/lazyFeature";
import type { Services } from "../shell/services";
import { addToBaseline } from "./baselineFile";

export function createAudit(services: Services): FeatureWith<AuditCommandId> {
  return {
    commands: {
      "sightline.addToBaseline": (...args) => addToBaseline(services, args),
    },
    dispose: () => undefined,
  };
}
