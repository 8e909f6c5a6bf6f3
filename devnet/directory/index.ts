// A devnet on disk: who validates, who has money, where everything stands; made from a recipe, and found again.

export {
  type DirectoryRequest,
  type OpenDevnet,
  openDirectory,
  recipeFor,
} from "./directory.ts";
export {
  type Account,
  DEVELOPMENT_BALANCE,
  type DevnetPlan,
  quorumOf,
  type Recipe,
  type ValidatorPlan,
} from "./plan.ts";
export { requireFreePorts } from "./ports.ts";
