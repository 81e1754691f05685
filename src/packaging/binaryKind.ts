/** Tells from its first bytes which machine a native library is for. */

import { open } from "node:fs/promises";

/** A platform and an architecture in Node's words, such as `linux-x64`. */
export type Machine = string;

const HEADER_BYTES = 4096;

/** The machine that a file is for; undefined when it is not a native library. */
export async function machineOf(file: string): Promise<Machine | undefined> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return machineOfHeader(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** The machine that a file with this beginning is for; undefined when it is not a native library. */
export function machineOfHeader(header: Buffer): Machine | undefined {
  if (header.length < 64) return undefined;
  if (header.readUInt32BE(0) === 0x7f454c46) return elfMachine(header.readUInt16LE(18));
  if (header.readUInt32LE(0) === 0xfeedfacf) return machMachine(header.readUInt32LE(4));
  if (header.toString("latin1", 0, 2) !== "MZ") return undefined;
  // The offset of the PE header is at 0x3c of the DOS header; the machine follows its signature.
  const pe = header.readUInt32LE(0x3c);
  if (pe + 6 > header.length || header.readUInt32LE(pe) !== 0x00004550) return undefined;
  return peMachine(header.readUInt16LE(pe + 4));
}

// e_machine of the ELF specification: EM_X86_64 and EM_AARCH64.
function elfMachine(code: number): Machine {
  return { 62: "linux-x64", 183: "linux-arm64" }[code] ?? `linux-${code}`;
}

// cputype of mach/machine.h with the bit for 64-bit ABIs: x86 and ARM.
function machMachine(code: number): Machine {
  return { 0x01000007: "darwin-x64", 0x0100000c: "darwin-arm64" }[code] ?? `darwin-${code}`;
}

// Machine types of the PE format: AMD64 and ARM64.
function peMachine(code: number): Machine {
  return { 0x8664: "win32-x64", 0xaa64: "win32-arm64" }[code] ?? `win32-${code}`;
}
