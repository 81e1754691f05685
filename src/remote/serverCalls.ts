/** Asks a server as often as that helps, with as many requests in flight as it takes; says what failed in the end. */

import { setMaxListeners } from "node:events";
import type { Clock } from "../base/clock";
import { AppError, throwIfAborted } from "../base/errors";
import type { ServerEndpoint } from "../model/ask/remoteEndpoint";
import { SendWindow } from "./sendWindow";
import { ServerFailure, type ServerTarget } from "./serverRequest";

export interface ServerCallsOptions {
  readonly endpoint: ServerEndpoint;
  readonly token?: string | undefined;
  readonly clock: Clock;
  /** 0 to 1. @default that of JavaScript */
  readonly random?: (() => number) | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** For whoever is denied. @default the variable of the command line */
  readonly howToSetToken?: string | undefined;
}

/** After the first. */
const MAX_REPEATS = 5;
const HURRIED_REPEATS = 2;
const FIRST_WAIT_MS = 500;
/** As many pictures that fail one after the other are no fault of the pictures. */
const MAX_FAULTS = 5;

export class ServerCalls {
  readonly #options: ServerCallsOptions;
  #nFaults = 0;
  /** Requests that wait to be sent again. */
  #nPausing = 0;

  /** What requests are sent to. */
  readonly target: ServerTarget;
  /** How many requests are in flight; several may be asked at once. */
  readonly window: SendWindow;

  constructor(options: ServerCallsOptions) {
    const { endpoint, token, clock } = options;
    this.#options = options;
    this.window = new SendWindow(endpoint.maxParallel, () => clock.now());
    this.target = {
      ...{ url: endpoint.url, token, clock },
      firstByteMs: endpoint.timeoutSeconds * 1000,
      ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    };
  }

  /** Requests that are best begun: those that wait to be sent again take no place. */
  get atOnce(): number {
    return this.window.limit + this.#nPausing;
  }

  /** For messages: what the user calls it, and its host. */
  get server(): string {
    const { name, url } = this.#options.endpoint;
    return `The server "${name}" (${new URL(url).host})`;
  }

  /**
   * Sends again what may succeed later; no request changes anything on the server.
   * @param imageName of the picture that the work is about, which may be at fault.
   * @throws AppError `remote.*`, `request.cancelled`, `image.unreadable` of a picture, and what else the work throws.
   */
  async again<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    { imageName, isTold, isHurried = false }: CallOptions = {},
  ): Promise<T> {
    // Each request listens to it, which is no leak.
    setMaxListeners(0, signal);
    for (let nth = 0; ; nth++) {
      throwIfAborted(signal);
      try {
        const result = await this.window.inPlace(signal, work, isOverload);
        this.#nFaults = 0;
        return result;
      } catch (thrown) {
        if (!(thrown instanceof ServerFailure)) throw thrown;
        const isNobody = isHurried && thrown.status === undefined;
        const overload = isNobody ? HURRIED_REPEATS : MAX_REPEATS;
        const maxRepeats = { overload, fault: 1, final: 0, denied: 0 }[thrown.kind];
        if (nth >= maxRepeats) {
          throw isTold?.(thrown) === true ? thrown : this.#failure(thrown, imageName);
        }
        const { random = Math.random } = this.#options;
        const waitMs = FIRST_WAIT_MS * 2 ** nth * (0.5 + random());
        this.#nPausing++;
        await this.#pause(thrown.retryAfterMs ?? waitMs, signal);
        this.#nPausing--;
      }
    }
  }

  /** A server may say anything, the token too. */
  withoutToken(said: string): string {
    const { token } = this.#options;
    return token === undefined ? said : said.replaceAll(token, "…");
  }

  #failure(
    { kind, message: said, status }: ServerFailure,
    imageName: string | undefined,
  ): AppError {
    const { server } = this;
    const message = this.withoutToken(said);
    if (kind === "denied") {
      const { howToSetToken = "Set SIGHTLINE_REMOTE_TOKEN" } = this.#options;
      const what = `wants another token. ${howToSetToken}`;
      return new AppError("remote.denied", `${server} ${what}. ${message}`);
    }
    this.#nFaults++;
    if (imageName !== undefined && kind === "fault" && this.#nFaults < MAX_FAULTS) {
      const text = `${imageName}: ${server} failed twice. ${message} Try the picture alone, or another copy of it.`;
      return new AppError("image.unreadable", text);
    }
    const isNoPath = status === 404 || status === 405;
    const advice = isNoPath ? 'Correct its "url".' : "Try again later.";
    return new AppError("remote.failed", `${server} did not answer. ${message} ${advice}`);
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#options.clock.after(ms, go);
      signal.addEventListener("abort", go);
      if (signal.aborted) go();
      function go(): void {
        stop();
        signal.removeEventListener("abort", go);
        resolve();
      }
    });
  }
}

function isOverload(thrown: unknown): boolean {
  return thrown instanceof ServerFailure && thrown.kind === "overload";
}

interface CallOptions {
  /** Somebody waits who may have mistyped the address: where nobody is there, that is said soon. @default false */
  readonly isHurried?: boolean;
  readonly imageName?: string | undefined;
  /** The caller knows what to say of such a failure, which is thrown as it is. */
  readonly isTold?: (failure: ServerFailure) => boolean;
}
