// How commands ask a node: the client, loaded when it is needed, and its no turned into the failure of the command.

import type { Answer, Client } from "../client/index.ts";
import { problemFailure } from "./failure.ts";

export async function clientOf(url: string): Promise<Client> {
  const { Client } = await import("../client/index.ts");
  return new Client({ url });
}

export function answered<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value;
  throw problemFailure(answer.problem);
}
