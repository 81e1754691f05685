/** Whether the process that left something behind may still be at work on it. */

/** True while some process of this machine, or of this container, has the id. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it runs, but belongs to someone else.
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}
