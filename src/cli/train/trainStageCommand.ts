/** `train stage1` and `train stage2`: BLIP-2's two stages on pairs, as a file says. */

import { countOf } from "../../base/countOf";
import { writeWholeFile } from "../../disk/wholeFile";
import path from "node:path";
import { isCancelled } from "../../base/errors";
import { createOrtSessionFactory } from "../../engine/session/ortSession";
import { readLog } from "../../train/run/trainingLog";
import { logOf } from "../../train/run/trainingRun";
import { readStageConfig } from "../../train/stages/stageConfig";
import type { Stage } from "../../train/stages/stageNames";
import { trainStage } from "../../train/stages/trainStage";
import type { CliContext } from "../terminal/cliContext";
import { durationText } from "../terminal/durationText";
import { EXIT } from "../terminal/failure";
import type { OutputFlags } from "../terminal/flags";
import { drawRun } from "../../measure/chart/runChart";
import { figuresText } from "./figuresText";

export interface TrainStageFlags extends OutputFlags {
  readonly config: string;
}

const CHART_FILE = "chart.svg";

/**
 * Trains as far as the file says, and draws log and chart beside the checkpoint whenever it looks at what is held out.
 * @throws AppError as `readStageConfig` and `trainStage`.
 */
export async function trainStageCommand(
  context: CliContext,
  stage: Stage,
  flags: TrainStageFlags,
): Promise<number> {
  const { printer, signal } = context;
  const config = await readStageConfig(flags.config);
  const line = printer.workLine();
  const chart = path.join(config.out, CHART_FILE);
  try {
    const result = await trainStage({
      ...{ stage, config, signal, factory: createOrtSessionFactory() },
      onPicture: (done, of) => {
        line.count({ nDone: done, nAll: of }, `Looking at pictures: ${done} of ${of}`);
      },
      onStep: ({ step, steps, losses, figures, leftMs }) => {
        const left = durationText(leftMs / 1000);
        line.show(`Learning: step ${step} of ${steps}, ${figuresText(losses)}, ${left}`);
        if (figures === undefined) return;
        if (printer.isJson) printer.json({ step, losses, figures });
        else {
          printer.text(`step ${step}: ${figuresText(losses)}; held out: ${figuresText(figures)}\n`);
        }
      },
    });
    line.end();
    await draw(chart, `${stage}, ${path.basename(config.out)}`, config.out);
    const { steps, pairs, unusable } = result;
    for (const [file, reason] of unusable) printer.note(`${file} is left out: it is ${reason}.`);
    const checkpoint = path.join(config.out, "checkpoint");
    if (printer.isJson) printer.json({ steps, pairs, checkpoint, log: logOf(config.out), chart });
    else {
      const learnt = `${countOf(pairs.train, "text")} to learn from, ${pairs.heldOut} held out`;
      printer.text(`${learnt}, ${countOf(steps, "step")}. The checkpoint is in ${checkpoint}.\n`);
    }
    return EXIT.ok;
  } catch (thrown) {
    line.end();
    if (isCancelled(thrown)) {
      await draw(chart, `${stage}, ${path.basename(config.out)}`, config.out).catch(
        () => undefined,
      );
      printer.note("Stopped. The same command goes on from there.");
    }
    throw thrown;
  } finally {
    line.end();
  }
}

async function draw(file: string, title: string, out: string): Promise<void> {
  await writeWholeFile(file, drawRun(title, await readLog(logOf(out))));
}
