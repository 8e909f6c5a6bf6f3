// One thread of the campaign: runs its seeds until the time is up, and reports what it did.

import { parentPort, workerData } from "node:worker_threads";
import { attack } from "./attack.ts";
import type { Assignment, Failure, Progress, Report } from "./campaign.ts";

const REPORT_EVERY_MS = 500;

const { firstSeed, step, seconds } = workerData as Assignment;
const endMs = performance.now() + seconds * 1_000;
let done = emptyProgress();
let failures: Failure[] = [];
let lastReportMs = performance.now();

for (let seed = firstSeed; performance.now() < endMs; seed += step) {
  const result = attack(seed);
  const { scenarios, views, isEngineOnly } = result;
  done = isEngineOnly
    ? {
        ...done,
        engineScenarios: done.engineScenarios + scenarios,
        engineViews: done.engineViews + views,
      }
    : { ...done, scenarios: done.scenarios + scenarios, views: done.views + views };
  if (result.failure !== undefined) failures.push(result.failure);
  if (performance.now() - lastReportMs > REPORT_EVERY_MS || failures.length > 0) report();
}
report();

function report(): void {
  const news: Report = { ...done, failures };
  parentPort?.postMessage(news);
  done = emptyProgress();
  failures = [];
  lastReportMs = performance.now();
}

function emptyProgress(): Progress {
  return { scenarios: 0, views: 0, engineScenarios: 0, engineViews: 0 };
}
