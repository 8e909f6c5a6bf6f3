// The simulated disk: the real logs of the node on files in memory that fail on command or by the seed.

export {
  type FinalOnDisk,
  type FlushOrder,
  type OpenedDisk,
  SimulatedDisk,
  type SimulatedDiskOptions,
  type WholeBlockOnDisk,
} from "./simulated-disk.ts";
export type { CutOdds } from "./virtual-file.ts";
export {
  type DiskImage,
  type DiskOperation,
  PowerCut,
  VirtualFiles,
  type VirtualFilesOptions,
} from "./virtual-files.ts";
