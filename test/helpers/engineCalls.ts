/** The engine's methods of the table, answered as a test says. */

import type { EngineApi } from "../../src/host/service/engine";
import type { HelperMethod, Params, Result } from "../../src/protocol/methods";
import type { CallOptions } from "../../src/protocol/rpcClient";

export type Answers = {
  readonly [M in HelperMethod]?: (
    params: Params<M>,
    options?: CallOptions,
  ) => Result<M> | Promise<Result<M>>;
};

/** Answers these methods and no others. */
export function callsOf(answers: Answers): EngineApi["call"] {
  return async <M extends HelperMethod>(
    method: M,
    params: Params<M>,
    options?: CallOptions,
  ): Promise<Result<M>> => {
    const answer: Answers[M] = answers[method];
    if (answer === undefined) throw new Error(`Nobody was to call ${method}.`);
    return await answer(params, options);
  };
}

/** From now on a method fails, and the others go on as before. */
export function failCall(engine: EngineApi, failing: HelperMethod, error: Error): void {
  const call = engine.call.bind(engine);
  engine.call = async (method, params, options) => {
    if (method === failing) throw error;
    return await call(method, params, options);
  };
}
