// What `quorate devnet` does, start to end: opens the directory, starts the validators, and then lets a person or a scenario
// do to them what they want, until it ends and says what it came to.

import { resolve } from "node:path";
import { chainRootOf } from "../../node/chain/index.ts";
import {
  type ActionContext,
  createEnding,
  type Ending,
  EXIT_CODES,
  invocation,
  usageFailure,
} from "../../node/cli/index.ts";
import {
  type DirectoryRequest,
  openDirectory,
  type Recipe,
  recipeFor,
  requireFreePorts,
} from "../directory/index.ts";
import { LiveDevnet } from "../live/index.ts";
import type { Scenario } from "../scenario/index.ts";
import type { Session } from "../session/index.ts";
import { announce, haltOf, introduce, reportDeath } from "./announcements.ts";
import { BottomLines } from "./bottom-lines.ts";
import { isInForeground } from "./foreground.ts";
import { LiveLine } from "./live-line.ts";
import type { DevnetOptions, Part, Run } from "./part.ts";
import { describeDelay, describeLoss } from "./readiness.ts";
import type { OpenStage } from "./stage.ts";

export async function runDevnet(
  options: DevnetOptions,
  context: ActionContext,
  part?: Part,
): Promise<number> {
  const ending = createEnding();
  const seed = seedOf(options, part?.scenario);
  const request = requestFrom(options, part?.scenario);
  const recipe = await recipeFor(request);
  await requireFreePorts({ ...request, count: recipe.validators });
  const opened = await openDirectory(request);
  process.once("exit", opened.discard);
  const run: Run = { opened, options, context, ending, part, seed, isEphemeral: request.ephemeral };
  const exitCode = await supervise(run).catch((error) => {
    // After a failure even an ephemeral directory stays: the message points at the logs in it.
    process.off("exit", opened.discard);
    throw error;
  });
  const { output } = context;
  if (output.interactive && !request.ephemeral) {
    output.note(`stopped; the same command goes on with the chain in ${opened.plan.dir}`);
  }
  await opened.discard();
  return exitCode;
}

/** Of the faults. What the keys are made from is a text, and only a number can be both. */
function seedOf({ seed }: DevnetOptions, scenario: Scenario | undefined): number {
  const isNumber = seed !== undefined && /^[0-9]{1,15}$/.test(seed);
  if (isNumber) return Number(seed);
  if (scenario === undefined) return Date.now() % 1_000_000_000;
  if (seed === undefined) return scenario.seed;
  throw usageFailure("the seed of a scenario is a whole number", "such as --seed 7");
}

function requestFrom(options: DevnetOptions, scenario: Scenario | undefined): DirectoryRequest {
  const { accounts, application } = options;
  const validators = options.validators ?? scenario?.validators;
  const leaders = options.leaders ?? scenario?.leaders;
  const seed = scenario === undefined ? options.seed : undefined;
  if (scenario !== undefined && validators !== scenario.validators) {
    throw usageFailure(
      `the scenario is for ${scenario.validators} validators, not for ${validators}`,
      "leave --validators away, or change the file",
    );
  }
  const recipe: Partial<Recipe> = {
    ...(validators === undefined ? {} : { validators }),
    ...(accounts === undefined ? {} : { accounts }),
    ...(seed === undefined ? {} : { seed }),
    ...(leaders === undefined ? {} : { leaders }),
    ...(scenario === undefined ? {} : { baseTimeoutMs: scenario.baseTimeoutMs }),
    ...(application === undefined ? {} : { application: resolve(application) }),
  };
  return {
    dir: options.dir,
    ephemeral: options.ephemeral === true || (scenario !== undefined && options.dir === undefined),
    reset: options.reset === true,
    recipe,
    rpcPort: options.rpcPort,
    p2pPort: options.p2pPort,
  };
}

async function supervise(run: Run): Promise<number> {
  const { opened, options, context, ending, part, seed, isEphemeral } = run;
  const { output, env } = context;
  const { plan } = opened;
  const bottom = new BottomLines(output);
  let session: Session | undefined;
  let stage: OpenStage | undefined;
  const devnet = LiveDevnet.open(plan, {
    seed,
    onReport: ({ plan: { index } }, report) => session?.report(index, report),
    onDeath: (validator, death, isOrdered) => {
      const halt = haltOf({ validator, death });
      if (halt !== undefined) session?.halted(validator.plan.index, halt);
      if (isOrdered) return;
      const report = { validator, death, isControlled: stage !== undefined };
      bottom.above(() => reportDeath(run, { ...report, other: anySound(devnet) }));
    },
  });
  const wrong = () => session?.wrong ?? { faults: 0, liars: [] };
  const line = new LiveLine(output, { bottom, validators: devnet.processes, wrong });
  ending.onImpatience(() => devnet.kill());
  try {
    introduce({ opened, devnet, isEphemeral, seed }, output);
    const loading = loadParts();
    const readyTimeoutMs = options.readyTimeout * 1_000;
    const first = await Promise.race([devnet.ready(readyTimeoutMs), ending.ended]);
    if ("exitCode" in first) return first.exitCode;
    if (first.type === "lost") throw describeLoss(plan, first);
    if (first.type === "late") throw await describeDelay(plan, first.waitingFor, readyTimeoutMs);
    const { Session, Conclusion, openStage, tellVerdict } = await loading;
    const startedMs = performance.now();
    const nowMs = () => performance.now() - startedMs;
    session = new Session({
      ...{ stage: devnet, root: chainRootOf(opened.genesis), seed, height: first.height, nowMs },
      scenario: part?.scenario,
      replay: `${invocation(env)} ${part === undefined ? "devnet" : `sim ${part.name}`} --seed ${seed}`,
    });
    const conclusion = new Conclusion({ ...run, session });
    stage = await openStage({ ...run, session, conclusion, bottom, nowMs });
    announce({ plan, height: first.height, seed, isPlay: part !== undefined }, context);
    // In the background they would be drawn over what somebody else prints, or types.
    if (isInForeground()) bottom.open();
    line.start();
    stage.start();
    opened.tidy().catch((error: unknown) => output.note(`left over: ${String(error)}`));
    const timer = setDuration(options.duration, ending);
    const { exitCode, error } = await ending.ended;
    clearTimeout(timer);
    const verdict = await conclusion.last();
    line.stop();
    bottom.close();
    await Promise.all([stage.close(), devnet.stop()]);
    if (error !== undefined) throw error;
    return tellVerdict(verdict, output, exitCode);
  } finally {
    session?.stop();
    line.stop();
    bottom.close();
    await Promise.all([stage?.close(), devnet.stop()]);
  }
}

/** One that runs and was not told to lie: whose data is worth a comparison. */
function anySound({ processes, declared }: Pick<LiveDevnet, "processes" | "declared">) {
  return processes.find(({ plan: { index }, isAlive }) => {
    return isAlive && declared.validators[index]?.ways.length === 0;
  });
}

/** Needed once the validators are ready; they come up meanwhile. */
async function loadParts() {
  const [{ Session }, { Conclusion, tellVerdict }, { openStage }] = await Promise.all([
    import("../session/index.ts"),
    import("./conclusion.ts"),
    import("./stage.ts"),
  ]);
  return { Session, Conclusion, tellVerdict, openStage };
}

function setDuration(seconds: number | undefined, ending: Ending): NodeJS.Timeout | undefined {
  if (seconds === undefined) return undefined;
  return setTimeout(() => ending.end({ exitCode: EXIT_CODES.done }), seconds * 1_000);
}
