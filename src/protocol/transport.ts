/** A channel for messages between two processes; knows nothing of what they mean. */

export interface Transport {
  /** Sends plain data. Harmless after the close. @throws when the data cannot be copied. */
  send(message: unknown): void;
  /** Called with each message that arrives, in order; nobody has checked it yet. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the other end is gone, with how it went, in a few words for people. */
  onClose(listener: (how: string) => void): void;
}

/** One end of a pair in memory. */
export interface MemoryTransport extends Transport {
  /** Closes both ends. */
  close(): void;
}

/**
 * Two ends in one process, for tests: what one sends, the other receives in a later microtask.
 * Messages are not copied, so neither side may change what it sent.
 */
export function memoryTransportPair(): readonly [MemoryTransport, MemoryTransport] {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.connect(right);
  right.connect(left);
  return [left, right];
}

class MemoryEnd implements MemoryTransport {
  readonly #messageListeners: ((message: unknown) => void)[] = [];
  readonly #closeListeners: ((how: string) => void)[] = [];
  #other: MemoryEnd | undefined;

  connect(other: MemoryEnd): void {
    this.#other = other;
  }

  send(message: unknown): void {
    const other = this.#other;
    void Promise.resolve().then(() => {
      // The other end may have closed since.
      if (other?.isConnected() !== true) return;
      for (const listener of other.#messageListeners) listener(message);
    });
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#messageListeners.push(listener);
  }

  onClose(listener: (how: string) => void): void {
    this.#closeListeners.push(listener);
  }

  isConnected(): boolean {
    return this.#other !== undefined;
  }

  close(): void {
    const other = this.#other;
    if (other === undefined) return;
    this.#other = undefined;
    for (const listener of this.#closeListeners) listener("closed");
    other.close();
  }
}
