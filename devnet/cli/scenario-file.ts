// A scenario by file or by name, for whatever command plays it. What is wrong with it is told with line, reason and the
// nearest valid word.

import { CommandFailure, EXIT_CODES } from "../../node/cli/index.ts";
import { loadScenario, type Scenario, ScenarioError } from "../scenario/index.ts";

/** @throws {CommandFailure} exit code 3 */
export async function readScenario(name: string): Promise<Scenario> {
  try {
    return await loadScenario(name);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const { message, code, remedy } = error;
    throw new CommandFailure({ message, code, remedy, exitCode: EXIT_CODES.badConfig });
  }
}
