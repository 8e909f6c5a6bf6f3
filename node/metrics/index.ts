// What the node counts and measures about itself.

export { createMetrics, type Metrics, type MetricsOptions, type Sample } from "./metrics.ts";
