/** The run-time check of what is said about the catalogue; throws AppError `protocol.violation`. */

import type { JsonObject } from "../base/json";
import { MODEL_USES } from "../base/modelAdvice";
import { MODEL_KINDS, PROFILE_NAMES } from "../model/ask/kinds";
import type { AddModelParams, CatalogEntryReply, CatalogReply, HubParams } from "./engineMessages";
import { child, count, oneOf, optional, records, text, texts } from "./messageFields";

/** Reads the parameters of `addModel`. */
export function readAddModelParams(params: JsonObject): AddModelParams {
  return {
    name: params.string("name"),
    ...optional("precision", text(params, "precision")),
    ...optional("hub", params.has("hub") ? readHub(child(params, "hub")) : undefined),
  };
}

function readHub(hub: JsonObject): HubParams {
  return {
    ...optional("endpoint", text(hub, "endpoint")),
    ...optional("token", text(hub, "token")),
    ...optional("proxy", text(hub, "proxy")),
    ...optional("noProxy", text(hub, "noProxy")),
  };
}

/** Reads the result of `catalog`. */
export function readCatalogReply(result: JsonObject): CatalogReply {
  return {
    freeBytes: count(result, "freeBytes"),
    entries: records(result, "entries").map(readCatalogEntry),
    later: records(result, "later").map((entry) => ({
      name: entry.string("name"),
      title: entry.string("title"),
      imageSize: count(entry, "imageSize"),
      reason: entry.string("reason"),
    })),
  };
}

function readCatalogEntry(entry: JsonObject): CatalogEntryReply {
  return {
    name: entry.string("name"),
    title: entry.string("title"),
    kind: oneOf(entry, "kind", MODEL_KINDS),
    repository: entry.string("repository"),
    licence: entry.string("licence"),
    imageSize: count(entry, "imageSize"),
    downloadBytes: count(entry, "downloadBytes"),
    diskBytes: count(entry, "diskBytes"),
    memoryBytes: count(entry, "memoryBytes"),
    costs: records(entry, "costs").map((cost) => ({
      profile: oneOf(cost, "profile", PROFILE_NAMES),
      diskBytes: count(cost, "diskBytes"),
      memoryBytes: count(cost, "memoryBytes"),
    })),
    use: oneOf(entry, "use", MODEL_USES),
    goodAt: entry.string("goodAt"),
    models: texts(entry, "models"),
    partialBytes: count(entry, "partialBytes"),
    isUnfinished: entry.boolean("isUnfinished"),
    ...optional("begunPrecision", text(entry, "begunPrecision")),
    isCached: entry.boolean("isCached"),
  };
}
