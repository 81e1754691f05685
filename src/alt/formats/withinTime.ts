/** An end for work that nothing else can interrupt. */

import vm from "node:vm";
import { defined } from "../../base/assert";

const context: { run?: (() => void) | undefined } = vm.createContext({});
const script = new vm.Script("run()");

/**
 * Does a piece of work as a call would, for a tenth of a millisecond more.
 * @throws RangeError when it takes longer, by the clock; what the work throws itself.
 */
export function withinTime<T>(ms: number, work: () => T): T {
  const outer = context.run;
  let result: { readonly value: T } | undefined;
  context.run = () => {
    result = { value: work() };
  };
  try {
    script.runInContext(context, { timeout: ms });
  } catch (thrown) {
    throw isTimeout(thrown) ? new RangeError(`It takes longer than ${ms} ms.`) : thrown;
  } finally {
    context.run = outer;
  }
  return defined(result, "What the work came to").value;
}

function isTimeout(thrown: unknown): boolean {
  // It comes from another realm, where Error is another one.
  return (thrown as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
