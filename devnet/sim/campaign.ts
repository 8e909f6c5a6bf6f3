// The long random campaign: worker threads take seeds in turn and attack until the time is up. Which worker ran a seed
// changes nothing about the run.

import { Worker } from "node:worker_threads";

export type CampaignOptions = {
  /** The first seed; the others follow one by one. */
  readonly seed: number;
  readonly seconds: number;
  readonly workers: number;
  readonly onProgress: (progress: Progress) => void;
  readonly onFailure: (failure: Failure) => void;
};

export type Progress = {
  readonly scenarios: number;
  readonly views: number;
  /** Attacks on bare engines: adversarial schedules and Twins. */
  readonly engineScenarios: number;
  readonly engineViews: number;
};

export type Failure = { readonly replay: string; readonly oracle: string; readonly what: string };

export type CampaignResult = Progress & { readonly failures: readonly Failure[] };

/** To a worker, once. */
export type Assignment = {
  readonly firstSeed: number;
  readonly step: number;
  readonly seconds: number;
};

/** From a worker: what it did since its last report. */
export type Report = Progress & { readonly failures: readonly Failure[] };

/** Whoever fails in every scenario need not fill the disk with it. */
const MAX_FAILURES = 100;

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, seconds, workers, onProgress, onFailure } = options;
  let total: Progress = { scenarios: 0, views: 0, engineScenarios: 0, engineViews: 0 };
  const failures: Failure[] = [];
  const take = ({ failures: found, ...done }: Report) => {
    total = {
      scenarios: total.scenarios + done.scenarios,
      views: total.views + done.views,
      engineScenarios: total.engineScenarios + done.engineScenarios,
      engineViews: total.engineViews + done.engineViews,
    };
    for (const failure of found) {
      if (failures.length >= MAX_FAILURES) break;
      failures.push(failure);
      onFailure(failure);
    }
    onProgress(total);
  };
  const runs = Array.from({ length: workers }, (_, at) => {
    return runWorker({ firstSeed: seed + at, step: workers, seconds }, take);
  });
  await Promise.all(runs);
  return { ...total, failures };
}

function runWorker(assignment: Assignment, take: (report: Report) => void): Promise<void> {
  const worker = new Worker(new URL("./campaign-worker.js", import.meta.url), {
    workerData: assignment,
  });
  return new Promise((resolve, reject) => {
    worker.on("message", take);
    worker.on("error", reject);
    worker.on("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`a campaign worker ended with exit code ${code}`));
    });
  });
}
