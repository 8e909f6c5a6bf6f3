// Where two validators of one chain part, found in what they left on disk.

export { type DataDirectory, openDataDirectory } from "./data-directory.ts";
export { type DiagnosisOptions, diagnose, type Progress } from "./diagnosis.ts";
export type {
  Diagnosis,
  Difference,
  DifferentKey,
  DifferentTransaction,
  Pair,
} from "./difference.ts";
export { describeDifference, differenceRecord } from "./wording.ts";
