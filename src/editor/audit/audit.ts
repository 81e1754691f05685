/** The commands of the audit, for the start of the editor; what they do is loaded with the first. */

import { AUDIT_COMMANDS } from "../shell/commandIds";
import { lazyFeature } from "../shell/lazyFeature";
import type { Feature, Services } from "../shell/services";

export function createAuditCommands(services: Services): Feature {
  return lazyFeature(AUDIT_COMMANDS, async () => {
    const { createAudit } = await import("../shell/lazyParts");
    return createAudit(services);
  });
}
