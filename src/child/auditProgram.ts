/** Entry of the process that audits a workspace: no engine, no model, and no hurry. */

import { storeRoot } from "../library/store/storeRoot";
import { homeFolder } from "../machine/homeFolder";
import { forEachMethod, isAuditMethod } from "../protocol/methods";
import { type Handlers, type RequestContext, RpcServer } from "../protocol/rpcServer";
import { createAuditMethods } from "./auditMethods";
import { giveWay, runEngineChild } from "./engineChild";
import { ofOther } from "./enginePort";

giveWay("somewhat");

const { env, platform } = process;
const store = {
  get root() {
    return storeRoot({
      env,
      platform,
      get homeDir() {
        return homeFolder();
      },
    });
  },
};

runEngineChild(({ transport, logger }) => {
  const methods = createAuditMethods(store);
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
