/** Joins the describer of src/alt and the engine: asks about a picture that was read. */

import type { AskModel } from "../../alt/write/describer";
import type { Picture } from "../pictures/picture";
import type { EngineApi } from "../service/engine";

export function askAbout(engine: Pick<EngineApi, "generate">, { bytes, name }: Picture): AskModel {
  return (request, options) =>
    engine.generate({ image: bytes, imageName: name, ...request }, options);
}
