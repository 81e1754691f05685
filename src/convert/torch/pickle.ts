/**
 * A pickle as plain data. Executes nothing: its opcodes are a closed table of deeds of the machine.
 * Format: Python's pickletools.
 */

import { AppError } from "../../base/errors";
import { PickleMachine, type PickleJob } from "./pickleMachine";
import { PickleDict, PickleList, PickleTuple, type PickleValue } from "./pickleValues";

/** A file of a thousand tensors has 60,000. */
const MAX_OPERATIONS = 8_000_000;

/**
 * Reads one pickle.
 * @returns its value, and where the next byte after it is.
 * @throws AppError `checkpoint.corrupt`, `checkpoint.unsupported`; PickleEndsEarly.
 */
export function readPickle(job: PickleJob): { readonly value: PickleValue; readonly end: number } {
  const machine = new PickleMachine(job);
  for (let n = 0; n < MAX_OPERATIONS; n++) {
    const code = machine.byte();
    if (code === STOP) {
      const value = machine.pop();
      if (!machine.isEmpty) machine.corrupt("its pickle leaves values behind");
      return { value, end: machine.at };
    }
    const operation = OPERATIONS[code];
    if (operation === undefined) return refuseOpcode(machine, code);
    operation(machine);
  }
  return machine.corrupt("its pickle has more operations than any checkpoint");
}

function refuseOpcode(machine: PickleMachine, code: number): never {
  const { file } = machine;
  const name = FOREIGN_OPCODES.get(code);
  if (name === undefined) machine.corrupt(`its pickle has the byte ${code}, which is no opcode`);
  throw new AppError(
    "checkpoint.unsupported",
    `${file}: its pickle uses the opcode ${name}, which torch.save does not write by default. If you trust where it comes from, load it in torch and save its state_dict as safetensors.`,
    { detail: { file } },
  );
}

const EMPTY_TUPLE = new PickleTuple([]);
const STOP = 0x2e;
const MAX_PROTOCOL = 4;

type Operation = (machine: PickleMachine) => void;

/** Those that torch.save writes by default, of protocol 2; the names are those of pickletools. */
const OPERATIONS: Readonly<Partial<Record<number, Operation>>> = {
  // PROTO
  0x80: (m) => {
    if (m.byte() > MAX_PROTOCOL) m.corrupt("its pickle is of an unknown protocol");
  },
  // MARK
  0x28: (m) => {
    m.mark();
  },
  // NONE
  0x4e: (m) => {
    m.push(undefined);
  },
  // NEWTRUE
  0x88: (m) => {
    m.push(true);
  },
  // NEWFALSE
  0x89: (m) => {
    m.push(false);
  },
  // BININT
  0x4a: (m) => {
    const { view, at } = m.number(4);
    m.push(view.getInt32(at, true));
  },
  // BININT1
  0x4b: (m) => {
    m.push(m.byte());
  },
  // BININT2
  0x4d: (m) => {
    const { view, at } = m.number(2);
    m.push(view.getUint16(at, true));
  },
  // LONG1
  0x8a: (m) => {
    m.push(m.long());
  },
  // BINFLOAT
  0x47: (m) => {
    const { view, at } = m.number(8);
    m.push(view.getFloat64(at, false));
  },
  // BINUNICODE
  0x58: (m) => {
    m.push(m.text(m.uint32()));
  },
  // SHORT_BINSTRING, of Python 2
  0x55: (m) => {
    m.push(m.text(m.byte()));
  },
  // EMPTY_TUPLE
  0x29: (m) => {
    m.push(EMPTY_TUPLE);
  },
  // TUPLE
  0x74: (m) => {
    m.pushContainer(new PickleTuple(m.popMarked()));
  },
  // TUPLE1
  0x85: (m) => {
    m.pushContainer(new PickleTuple([m.pop()]));
  },
  // TUPLE2
  0x86: (m) => {
    m.pushContainer(new PickleTuple([m.pop(), m.pop()].reverse()));
  },
  // TUPLE3
  0x87: (m) => {
    m.pushContainer(new PickleTuple([m.pop(), m.pop(), m.pop()].reverse()));
  },
  // EMPTY_LIST
  0x5d: (m) => {
    m.pushContainer(new PickleList());
  },
  // APPEND
  0x61: (m) => {
    m.append([m.pop()]);
  },
  // APPENDS
  0x65: (m) => {
    m.append(m.popMarked());
  },
  // EMPTY_DICT
  0x7d: (m) => {
    m.pushContainer(new PickleDict(false));
  },
  // SETITEM
  0x73: (m) => {
    m.setItems([m.pop(), m.pop()].reverse());
  },
  // SETITEMS
  0x75: (m) => {
    m.setItems(m.popMarked());
  },
  // BINPUT
  0x71: (m) => {
    m.remember(m.byte());
  },
  // LONG_BINPUT
  0x72: (m) => {
    m.remember(m.uint32());
  },
  // BINGET
  0x68: (m) => {
    m.recall(m.byte());
  },
  // LONG_BINGET
  0x6a: (m) => {
    m.recall(m.uint32());
  },
  // GLOBAL
  0x63: (m) => {
    m.global();
  },
  // REDUCE
  0x52: (m) => {
    m.reduce();
  },
  // BUILD
  0x62: (m) => {
    m.build();
  },
  // BINPERSID
  0x51: (m) => {
    m.persistent();
  },
};

/** Opcodes that there are, but that torch.save does not write by default; for messages. */
const FOREIGN_OPCODES: ReadonlyMap<number, string> = new Map([
  ...([
    [0x30, "POP"],
    [0x31, "POP_MARK"],
    [0x32, "DUP"],
    [0x46, "FLOAT"],
    [0x49, "INT"],
  ] as const),
  ...([
    [0x4c, "LONG"],
    [0x50, "PERSID"],
    [0x53, "STRING"],
    [0x54, "BINSTRING"],
  ] as const),
  ...([
    [0x56, "UNICODE"],
    [0x64, "DICT"],
    [0x67, "GET"],
    [0x69, "INST"],
    [0x6c, "LIST"],
  ] as const),
  ...([
    [0x6f, "OBJ"],
    [0x70, "PUT"],
    [0x42, "BINBYTES"],
    [0x43, "SHORT_BINBYTES"],
  ] as const),
  ...([
    [0x81, "NEWOBJ"],
    [0x82, "EXT1"],
    [0x83, "EXT2"],
    [0x84, "EXT4"],
    [0x8b, "LONG4"],
  ] as const),
  ...([
    [0x8c, "SHORT_BINUNICODE"],
    [0x8d, "BINUNICODE8"],
    [0x8e, "BINBYTES8"],
  ] as const),
  ...([
    [0x8f, "EMPTY_SET"],
    [0x90, "ADDITEMS"],
    [0x91, "FROZENSET"],
    [0x92, "NEWOBJ_EX"],
  ] as const),
  ...([
    [0x93, "STACK_GLOBAL"],
    [0x94, "MEMOIZE"],
    [0x95, "FRAME"],
    [0x96, "BYTEARRAY8"],
  ] as const),
  ...([
    [0x97, "NEXT_BUFFER"],
    [0x98, "READONLY_BUFFER"],
  ] as const),
]);
