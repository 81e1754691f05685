/** Entry of the process that audits a workspace: no engine, no model, and no hurry. */

import { constants, setPriority } from "node:os";
import { forEachMethod, isAuditMethod } from "../protocol/methods";
import { type Handlers, type RequestContext, RpcServer } from "../protocol/rpcServer";
import { createAuditMethods } from "./auditMethods";
import { runEngineChild } from "./engineChild";
import { ofOther } from "./otherProgram";

try {
  // Whoever types comes first.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // A system may forbid it.
}

runEngineChild(({ transport, logger }) => {
  const methods = createAuditMethods();
  const handlers = forEachMethod(
    (method) =>
      (params: never, context: RequestContext): Promise<unknown> =>
        isAuditMethod(method) ? methods[method](params, context) : Promise.reject(ofOther(method)),
  );
  new RpcServer({
    transport,
    // Each handler is that of its method, which the compiler loses in the loop.
    handlers: handlers as Handlers,
    onViolation: (error) => {
      logger.warn(`Ignored a message of the host: ${error.message}`);
    },
  });
});
