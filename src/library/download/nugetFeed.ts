/**
 * A NuGet feed (server API, protocol 3): where a package is, how large it is, what its hash is, and its
 * bytes from an offset. Each call is one try; trying again is the caller's business.
 */

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import type { HubClient } from "./hubClient";
import type { HubSettings } from "./hubRoutes";
import { type RangeBody, RangeClient, type RangeRequest, safeAddress } from "./rangeClient";

/** A version of a package as it is published. */
export interface NugetPackage {
  readonly url: URL;
  readonly bytes: number;
  /** SHA-512 in base 64. */
  readonly sha512: string;
}

export interface FeedOptions {
  /** Address of the service index. */
  readonly index: string;
  /** For the proxy. */
  readonly env: NonNullable<HubSettings["env"]>;
  /** Without a byte for this long a connection counts as dead, in ms. @default 30_000 */
  readonly stallMs?: number;
}

/** Index, registration and catalogue entry of a package have a few hundred kB. */
const MAX_JSON_BYTES = 8 << 20;
/** Ten times what the package of 1.30 has; a wrong number must not reserve a disk. */
const MAX_PACKAGE_BYTES = 4e9;
/** In the order of preference; all have the same content, the later ones compressed. */
const REGISTRATIONS = ["", "/3.0.0-rc", "/3.0.0-beta", "/3.4.0", "/3.6.0", "/Versioned"];
const SHA512_BASE64 = /^[A-Za-z0-9+/]{86}==$/;

/** Also what `downloadFile` reads from. */
export class NugetFeed implements Pick<HubClient, "open"> {
  readonly #client: RangeClient;
  /** What `open` opens. */
  #opened: URL | undefined;

  /**
   * Connects to nothing yet.
   * @throws AppError `option.invalid` for an address or a proxy that is none.
   */
  constructor(options: FeedOptions) {
    const { index: endpoint, env, stallMs } = options;
    this.#client = new RangeClient({ endpoint, env }, stallMs);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await this.#client.routes.close();
  }

  /**
   * Finds a package; `open` then opens it.
   * @throws AppError `hub.missing`, `hub.failed` for answers that are not those of a feed,
   * `request.cancelled`; TransientFailure.
   */
  async find(name: string, version: string, signal?: AbortSignal): Promise<NugetPackage> {
    const [id, number] = [name.toLowerCase(), version.toLowerCase()];
    const index = await this.#json(this.#client.routes.endpoint, signal);
    const contents = this.#resource(index, ["PackageBaseAddress/3.0.0"]);
    const types = REGISTRATIONS.map((suffix) => `RegistrationsBaseUrl${suffix}`);
    const registrations = this.#resource(index, types);
    const leaf = await this.#json(join(registrations, `${id}/${number}.json`), signal);
    // A feed gives the entry itself or its address.
    const given = leaf.raw("catalogEntry");
    const entry =
      typeof given === "string"
        ? await this.#json(this.#address(given), signal)
        : leaf.object("catalogEntry");
    if (entry.string("packageHashAlgorithm", "") !== "SHA512") {
      entry.fail("packageHashAlgorithm", "SHA512");
    }
    const sha512 = entry.string("packageHash");
    if (!SHA512_BASE64.test(sha512)) entry.fail("packageHash", "a hash");
    const bytes = entry.integer("packageSize", { min: 1, max: MAX_PACKAGE_BYTES });
    const url = join(contents, `${id}/${number}/${id}.${number}.nupkg`);
    this.#opened = url;
    return { url, bytes, sha512 };
  }

  /**
   * Opens the package that was found.
   * @throws AppError `hub.missing`, `request.cancelled`; TransientFailure, also while the bytes are read.
   */
  async open(wanted: RangeRequest, signal?: AbortSignal): Promise<RangeBody> {
    if (this.#opened === undefined) throw new AppError("internal", "No package was looked for.");
    return this.#client.open(this.#opened, wanted, { signal, refusalOf });
  }

  /** The address of the first type that the index has. */
  #resource(index: JsonObject, types: readonly string[]): URL {
    const source = { file: index.file, code: index.code, path: "resources" };
    const resources = index.array("resources").map((value) => new JsonObject(value, source));
    for (const type of types) {
      const found = resources.find((resource) => resource.raw("@type") === type);
      if (found !== undefined) return this.#address(found.string("@id"));
    }
    return index.fail("resources", `of the type ${types[0] ?? ""}`);
  }

  /** @throws AppError `hub.failed` for an address that is none, or that gives up encryption. */
  #address(text: string): URL {
    const { endpoint } = this.#client.routes;
    const url = URL.canParse(text) ? safeAddress(endpoint, text) : undefined;
    if (url !== undefined) return url;
    throw new AppError(
      "hub.failed",
      `${endpoint.host} names an address that cannot be used. Check that it is a NuGet feed.`,
    );
  }

  async #json(url: URL, signal: AbortSignal | undefined): Promise<JsonObject> {
    const text = await this.#client.text(url, {
      signal,
      refusalOf,
      maxBytes: MAX_JSON_BYTES,
      server: "a NuGet feed",
      unreadable: () => noFeed(url),
    });
    return JsonObject.parse(text, { file: url.href, code: "hub.failed" });
  }
}

/** A base with or without the slash at its end. */
const join = (base: URL, path: string): URL => new URL(`${base.href.replace(/\/+$/, "")}/${path}`);

function noFeed(url: URL): AppError {
  return new AppError(
    "hub.failed",
    `${url.host} did not answer as a NuGet feed does. Check the address of the feed.`,
    { detail: { url: url.href } },
  );
}

function refusalOf(status: number, url: URL): AppError | undefined {
  if (status !== 404 && status !== 410) return undefined;
  return new AppError(
    "hub.missing",
    `${url.host} does not have ${url.pathname}. Put the CUDA libraries of ONNX Runtime into a folder yourself and name it with --from.`,
    { detail: { url: url.href, status } },
  );
}
