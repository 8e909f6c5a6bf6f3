// `quorate campaign`: progress while it lasts, each failure as it comes, and one line at the end.

import { availableParallelism } from "node:os";
import type { ActionContext } from "../../node/cli/index.ts";
import { type Failure, type Progress, runCampaign } from "../sim/index.ts";
import { drawnSeed } from "./seed.ts";

export type CampaignFlags = {
  readonly seconds: number;
  readonly seed?: number;
  readonly workers?: number;
};

export async function campaign(flags: CampaignFlags, { output }: ActionContext): Promise<number> {
  const { seconds, seed = drawnSeed() } = flags;
  const workers = flags.workers ?? Math.max(1, availableParallelism() - 1);
  const { paint } = output;
  output.note(`seed ${seed}, ${seconds} s on ${workers} ${workers === 1 ? "thread" : "threads"}`);
  const startedMs = performance.now();
  const elapsed = () => (performance.now() - startedMs) / 1_000;
  const onProgress = (progress: Progress) => {
    output.progress(lineOf(progress, elapsed()));
  };
  const onFailure = ({ replay, oracle, what }: Failure) => {
    output.note(`${paint.red(`${oracle}:`)} ${what}\n  ${replay}`);
  };
  const result = await runCampaign({ seed, seconds, workers, onProgress, onFailure });
  const { scenarios, views, engineScenarios, engineViews, failures } = result;
  const took = Math.round(elapsed() * 10) / 10;
  const counts = { seed, scenarios, views, seconds: took };
  const replays = failures.map(({ replay }) => replay);
  const bare = { engineScenarios, engineViews, workers };
  // The last line is for machines in any case: whoever starts a campaign in a pipe reads just that.
  if (!output.json) output.note(lineOf(result, took));
  output.record({ type: "campaign", ...counts, failures: replays, ...bare }, () =>
    JSON.stringify({ type: "campaign", ...counts, failures: replays, ...bare }),
  );
  return failures.length === 0 ? 0 : 1;
}

function lineOf(progress: Progress, seconds: number): string {
  const { scenarios, views, engineScenarios, engineViews } = progress;
  const perSecond = Math.round(views / Math.max(seconds, 0.001));
  const whole = `${scenarios} scenarios, ${views} views of whole validators (${perSecond}/s)`;
  return `${Math.round(seconds)} s: ${whole}; ${engineScenarios} scenarios, ${engineViews} views of bare engines`;
}
