/**
 * What is asked of the Hugging Face hub or a mirror of it: the files of a repository, and one of them
 * from an offset. Each call is one try; trying again is the caller's business.
 */

import { AppError } from "../../base/errors";
import { JsonObject } from "../../base/json";
import type { HubSettings } from "./hubRoutes";
import { type GetOptions, type RangeBody, RangeClient, type RangeRequest } from "./rangeClient";

/** What the hub says of a file. */
export interface HubFile {
  readonly name: string;
  readonly bytes: number;
  /** Of its content; absent when a mirror tells none. */
  readonly digest?: HubDigest;
}

/** `git` is the SHA-1 of a git blob, which the hub gives for files that are not in large file storage. */
export interface HubDigest {
  readonly kind: "sha256" | "git";
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

export interface HubListing {
  /** The commit that the revision means now; files are asked for by it, so that they belong together. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

export interface HubRequest extends RangeRequest {
  readonly repository: string;
  readonly commit: string;
  readonly name: string;
}

/** A listing with the full history of a big repository has less. */
const MAX_LISTING_BYTES = 8 << 20;
/** More than any BLIP-2 repository has, by a factor of ten. */
const MAX_FILES = 1000;
const COMMIT = /^[0-9a-f]{40}$/;

export class HubClient {
  readonly #client: RangeClient;

  /**
   * Connects to nothing yet.
   * @throws AppError `option.invalid` for an endpoint or a proxy that is no address.
   */
  constructor(settings: HubSettings, { stallMs }: { stallMs?: number } = {}) {
    this.#client = new RangeClient(settings, stallMs);
  }

  /** Who is asked, with the port where that is not the usual one. */
  get host(): string {
    return this.#client.routes.endpoint.host;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await this.#client.routes.close();
  }

  /**
   * The files of a repository at a revision.
   * @throws AppError `hub.denied`, `hub.missing`, `hub.failed` for an answer that is no listing,
   * `request.cancelled`; TransientFailure.
   */
  async list(repository: string, revision: string, signal?: AbortSignal): Promise<HubListing> {
    const path = `/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
    const text = await this.#client.text(this.#client.routes.urlOf(path), {
      ...this.#options(repository, signal),
      maxBytes: MAX_LISTING_BYTES,
      server: "a Hugging Face hub or a mirror of it",
      unreadable: () => this.#notAListing(repository),
    });
    try {
      return readListing(text, repository);
    } catch (cause) {
      throw this.#notAListing(repository, cause);
    }
  }

  /**
   * Opens a file.
   * @throws AppError `hub.denied`, `hub.missing`, `request.cancelled`; TransientFailure, also while the
   * bytes are read.
   */
  async open(wanted: HubRequest, signal?: AbortSignal): Promise<RangeBody> {
    const { repository, commit, name } = wanted;
    const path = `/${repository}/resolve/${commit}/${name.split("/").map(encodeURIComponent).join("/")}`;
    const url = this.#client.routes.urlOf(path);
    return this.#client.open(url, wanted, this.#options(repository, signal));
  }

  #options(repository: string, signal: AbortSignal | undefined): GetOptions {
    return { signal, refusalOf: (status, url) => this.#refusalOf(status, url, repository) };
  }

  #refusalOf(status: number, url: URL, repository: string): AppError | undefined {
    const { endpoint, hasToken } = this.#client.routes;
    if (url.origin !== endpoint.origin) return undefined;
    const page = `${endpoint.origin}/${repository}`;
    const detail = { repository, status };
    if (status === 401 || status === 403) {
      const why = hasToken ? "does not accept this token for it" : "asks for a token";
      return new AppError(
        "hub.denied",
        `${repository} was not handed out: ${endpoint.host} ${why}. Look at ${page} whether its conditions have to be accepted, and set the token of an account that may read it.`,
        { detail },
      );
    }
    if (status === 404 || status === 410) {
      return new AppError(
        "hub.missing",
        `${endpoint.host} does not have what was asked for of ${repository}. Look at ${page} whether it was moved, or import the checkpoint from a folder.`,
        { detail },
      );
    }
    return undefined;
  }

  #notAListing(repository: string, cause?: unknown): AppError {
    const { host } = this;
    return new AppError(
      "hub.failed",
      `${host} did not answer with the files of ${repository}. Check that the endpoint is a Hugging Face hub or a mirror of it.`,
      { cause, detail: { repository } },
    );
  }
}

function readListing(text: string, repository: string): HubListing {
  const source = { file: `The listing of ${repository}`, code: "hub.failed" } as const;
  const json = JsonObject.parse(text, source);
  const commit = json.string("sha");
  if (!COMMIT.test(commit)) json.fail("sha", "a commit");
  const siblings = json.array("siblings");
  if (siblings.length > MAX_FILES) json.fail("siblings", `at most ${MAX_FILES} files`);
  return { commit, files: siblings.map((value) => readFileEntry(new JsonObject(value, source))) };
}

function readFileEntry(entry: JsonObject): HubFile {
  const lfs = entry.objectOrEmpty("lfs");
  const sha256 = lfs.string("sha256", "").toLowerCase();
  const blobId = entry.string("blobId", "").toLowerCase();
  const digest: HubDigest | undefined = /^[0-9a-f]{64}$/.test(sha256)
    ? { kind: "sha256", hex: sha256 }
    : !entry.has("lfs") && COMMIT.test(blobId)
      ? { kind: "git", hex: blobId }
      : undefined;
  return {
    name: entry.string("rfilename"),
    bytes: entry.integer("size", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    ...(digest === undefined ? {} : { digest }),
  };
}
