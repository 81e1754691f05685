/** Pieces of messages that several pages have in common. */

import * as v from "valibot";
import { bounded, list } from "../schema";

/** UTF-16 units of an id that a page sends. */
export const ID_LENGTH = 200;

export const id = bounded(ID_LENGTH);
export const nothing = v.object({});

/** More than a page shows at once. */
export const MAX_WANTED = 200;

/** Ids of what a page has in sight. */
export const few = v.pipe(
  v.custom<unknown[]>(
    (value) => Array.isArray(value) && value.length <= MAX_WANTED,
    `a list of at most ${MAX_WANTED}`,
  ),
  list(id),
);

/** A picture that is embedded: a page may load nothing from anywhere. */
export const thumbnail = v.custom<string>(
  (value) => typeof value === "string" && value.startsWith("data:image/"),
  "a data: address of a picture",
);
