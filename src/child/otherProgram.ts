/** What a program of ours says to a call that is another's. */

import { AppError } from "../base/errors";

export function ofOther(method: string): AppError {
  return new AppError("internal", `Another program answers ${method}.`);
}
