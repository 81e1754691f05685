/** How a method of the engine's process is described; types only. */

import type { ProcessKind } from "../model/ask/kinds";
import type * as v from "valibot";

export interface Entry {
  readonly params: v.GenericSchema;
  readonly result: v.GenericSchema;
  /**
   * There are several because ONNX Runtime and the converter block a process for seconds: one for answers,
   * one for small copies of pictures, one for models on disk, one for a download, which takes long and
   * is the only one that uses a network, and one that learns, which takes longer still.
   */
  readonly process: ProcessKind;
  /**
   * `turn`: one after the other, because ONNX Runtime computes one thing at a time; `beside`: at once, as
   * soon as a computation lets it; `few`: beside the others too, but two at a time, because each decodes a
   * picture, whose pixels may be hundreds of megabytes.
   */
  readonly lane: "turn" | "beside" | "few";
  /**
   * Longest silence in minutes while it is worked on: text and progress start it anew, and time in the
   * queue does not count. Generous: it is there for a child that hangs, not for a slow computer.
   */
  readonly silence: number;
  /**
   * It computes with the `model` in memory, whose method of the same name does the work; or with the one that finds
   * pictures, whose graphs may run on a server.
   */
  readonly needs?: "model" | "finder";
  /**
   * Something in it cannot be stopped once it has begun, so a silence after a cancel is no sign of a hang. Its
   * caller `waits` for the end, or `leaves` at once: what was begun, such as the load of a model, is then seen
   * through for the next call.
   * @default the child must answer a cancel soon
   */
  readonly afterCancel?: "waits" | "leaves";
  /** What the process for answers must let go of before: the model that `name` names, CUDA, or all it has. */
  readonly frees?: "model" | "cuda" | "everything";
  /** What the process for answers must load anew afterwards. */
  readonly renews?: "cuda";
}
