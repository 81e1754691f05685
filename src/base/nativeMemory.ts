/**
 * Variables for a process that runs graphs. glibc gives each thread a heap of its own, and what ONNX
 * Runtime's threads leave unused in theirs was 140 MB with OPT-2.7B; one heap took no more time. Read by
 * glibc when a process starts, unknown to other systems.
 */
export const NATIVE_MEMORY_ENV: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: "1" };
