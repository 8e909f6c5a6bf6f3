// `quorate tx`: sign, send, look up. A wait that runs out is no failure: the transaction may still become final, and
// sending the same bytes again is safe.

import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { Answer, Client, Status, TransactionState } from "../client/index.ts";
import { answered, clientOf } from "./asking.ts";
import { ApplicationRefusal, usageFailure } from "./failure.ts";
import { amountOption, integerOption, rpcOption, secondsOption } from "./options.ts";
import type { Output } from "./output.ts";
import { type ActionContext, addCommand, addGroup, type Program } from "./program.ts";

type WaitOption = "none" | "accepted" | "included" | "final";

type SendOptions = {
  readonly rpc: string;
  readonly wait: WaitOption;
  readonly timeout: number;
};

type SignOptions = SendOptions & {
  readonly from: string;
  readonly fee?: bigint;
  readonly nonce?: number;
  readonly validFor: number;
  readonly out?: string;
};

type TransferOptions = SignOptions & {
  readonly to: string;
  readonly amount: bigint;
  readonly memo?: string;
};

const DEFAULT_VALID_FOR_BLOCKS = 1_000;
/** For a node that does not say. */
const DEFAULT_LEAST_FEE = 1n;
/** The pool takes nothing that expires later. */
const MAX_VALID_FOR_BLOCKS = 100_000;

export function registerTransactionCommands(program: Program): void {
  const group = addGroup(program.root, {
    name: "tx",
    summary: "sign, send and look up transactions",
    example: "tx transfer --from dev0 --to dev1 --amount 25",
  });
  registerTransfer(program, group);
  addCommand<SignOptions>(program, group, {
    name: "call",
    summary: "call the chain's application",
    takes: [["<call>", "what its state machine reads: a text, or bytes as 0x-hex"]],
    options: [...signOptions(), ...sendOptions()],
    example: `tx call --from dev0 '{"do":"claim","task":"build"}'`,
    run: async (options, [call = ""], context) => sendCall(callFrom(call), options, context),
  });
  addCommand<SendOptions>(program, group, {
    name: "send",
    summary: "send a signed transaction from a file",
    takes: [["<file>", "the signed bytes, or their 0x-hex"]],
    options: sendOptions(),
    example: "tx send transfer.tx",
    run: async (options, [file = ""], context) => sendFile(file, options, context),
  });
  addCommand<{ readonly rpc: string }>(program, group, {
    name: "show",
    summary: "what became of a transaction",
    takes: [["<hash>", "as printed when it was sent"]],
    options: [rpcOption()],
    example: "tx show 0x7421ecad..ae079f4d",
    run: async (options, [hash = ""], { output }) => {
      const { hashFrom } = await import("./values.ts");
      const client = await clientOf(options.rpc);
      const state = answered(await client.transaction(hashFrom(hash)));
      output.record({ type: "transaction", ...state.raw }, () => describe(state));
      return undefined;
    },
  });
}

function registerTransfer(program: Program, group: Command): void {
  addCommand<TransferOptions>(program, group, {
    name: "transfer",
    summary: "move an amount from one account to another",
    options: [
      new Option("--to <address>", "qr1..., or dev0..dev9 of a devnet").makeOptionMandatory(),
      new Option("--amount <n>", "in the smallest unit")
        .argParser(amountOption)
        .makeOptionMandatory(),
      new Option("--memo <text>", "at most 64 bytes"),
      ...signOptions(),
      ...sendOptions(),
    ],
    example: "tx transfer --from dev0 --to dev1 --amount 25",
    run: (options, _positional, context) => transfer(options, context),
  });
}

function signOptions(): Option[] {
  const nonceRange = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const validRange = { min: 1, max: MAX_VALID_FOR_BLOCKS };
  return [
    new Option("--from <key>", "a key file, dev0..dev9, or a 0x-secret")
      .env("QUORATE_FROM")
      .makeOptionMandatory(),
    new Option("--fee <n>", "default: the least that the node takes").argParser(amountOption),
    new Option("--nonce <n>", "default: the account's next").argParser(integerOption(nonceRange)),
    new Option("--valid-for <blocks>", "expires after so many blocks")
      .argParser(integerOption(validRange))
      .default(DEFAULT_VALID_FOR_BLOCKS),
    new Option("--out <file>", "write the signed bytes there and send nothing"),
  ];
}

const WAITS: readonly string[] = ["none", "accepted", "included", "final"] satisfies WaitOption[];

function waitOption(text: string): WaitOption {
  if (WAITS.includes(text)) return text as WaitOption;
  throw new InvalidArgumentError(`Give one of ${WAITS.join(", ")}.`);
}

function sendOptions(): Option[] {
  return [
    new Option("--wait <state>", "none, accepted, included or final")
      .argParser(waitOption)
      .default("final"),
    new Option("--timeout <seconds>", "how long to wait").argParser(secondsOption).default(30),
    rpcOption(),
  ];
}

async function transfer(options: TransferOptions, context: ActionContext): Promise<undefined> {
  const [{ addressFrom }, { encodeCall }] = await Promise.all([
    import("./values.ts"),
    import("../transaction/index.ts"),
  ]);
  const { amount } = options;
  const to = addressFrom(options.to, context.env);
  const memo = await memoFrom(options.memo);
  try {
    const call = encodeCall({ type: "transfer", to, amount, memo });
    return await sendCall(call, options, context);
  } catch (error) {
    if (!(error instanceof ApplicationRefusal)) throw error;
    const { withoutTransfers } = await import("./transfer-refusal.ts");
    throw await withoutTransfers(error, options, context.env);
  }
}

function callFrom(text: string): Uint8Array {
  const isHex = /^0x(?:[0-9a-f]{2})*$/.test(text);
  return isHex ? Buffer.from(text.slice(2), "hex") : new TextEncoder().encode(text);
}

async function sendCall(
  call: Uint8Array,
  options: SignOptions,
  context: ActionContext,
): Promise<undefined> {
  const [{ signerFrom }, { hashFrom }, crypto, { MAX_CALL_BYTES, signTransaction }] =
    await Promise.all([
      import("./signer-source.ts"),
      import("./values.ts"),
      import("../../crypto/index.ts"),
      import("../transaction/index.ts"),
    ]);
  if (call.length > MAX_CALL_BYTES) {
    throw usageFailure(`the call has ${call.length} bytes, the most is ${MAX_CALL_BYTES}`);
  }
  const { addressOf, height, nonce, toHex } = crypto;
  const signer = await signerFrom(options.from, context);
  const { publicKey } = signer;
  const sender = addressOf(publicKey);
  const client = await clientOf(options.rpc);
  const [status, account] = await Promise.all([
    client.status().then(answered),
    options.nonce === undefined ? client.account(sender).then(answered) : null,
  ]);
  const signed = signTransaction(
    {
      chainId: hashFrom(status.chainId),
      sender,
      publicKey,
      nonce: nonce(options.nonce ?? account?.nonce ?? 0),
      fee: options.fee ?? leastFee(status),
      validUntilHeight: height(status.finalized.height + options.validFor),
      call,
    },
    signer,
  );
  if (options.out === undefined) return await sendBytes(signed.bytes, options, context, client);
  const { writeTransactionFile } = await import("./transaction-file.ts");
  const file = options.out;
  await writeTransactionFile(file, signed);
  const value = { type: "signed", hash: toHex(signed.id), file, tx: toHex(signed.bytes) };
  context.output.record(value, () => `${toHex(signed.id)}\nwritten to ${file}`);
  return undefined;
}

async function sendFile(
  file: string,
  options: SendOptions,
  context: ActionContext,
): Promise<undefined> {
  const { readTransactionFile } = await import("./transaction-file.ts");
  const { bytes } = await readTransactionFile(file);
  return await sendBytes(bytes, options, context);
}

async function sendBytes(
  bytes: Uint8Array,
  options: SendOptions,
  { output }: ActionContext,
  known?: Client,
): Promise<undefined> {
  const client = known ?? (await clientOf(options.rpc));
  const start = performance.now();
  const { wait } = options;
  const sending =
    wait === "none"
      ? client.submit(bytes, { wait })
      : client.submitAndWait(bytes, { wait, deadlineMs: options.timeout * 1000 });
  const state = answered(await sending.catch((error) => unansweredState(error, bytes, output)));
  const ms = Math.round(performance.now() - start);
  output.record(
    { type: "transaction", ...state.raw, ms },
    () => `${describe(state)}\ntook    ${ms} ms`,
  );
  if (wait === "final" && (state.state === "pending" || state.state === "included")) {
    output.note(`not final after ${options.timeout} s, which is no failure. ${advice(state.hash)}`);
  }
  return undefined;
}

function advice(hash: string): string {
  return `It may still become final:\n\`quorate tx show ${hash}\` tells, and sending it again is safe.`;
}

/** The request may have arrived: calling that a failure would make people pay twice. */
async function unansweredState(
  error: unknown,
  bytes: Uint8Array,
  output: Output,
): Promise<Answer<TransactionState>> {
  const [{ toHex }, { ClientError }, { transactionId }] = await Promise.all([
    import("../../crypto/index.ts"),
    import("../client/index.ts"),
    import("../transaction/index.ts"),
  ]);
  if (!(error instanceof ClientError) || error.code === "UNREACHABLE") throw error;
  const hash = toHex(transactionId(bytes));
  const state = "unknown";
  const nothing = { height: undefined, result: undefined, reason: error.message };
  output.note(`${error.message}. ${advice(hash)}`);
  return {
    ok: true,
    value: { hash, state, ...nothing, raw: { hash, state, reason: error.message } },
  };
}

async function memoFrom(text: string | undefined): Promise<Uint8Array> {
  const { MAX_MEMO_BYTES } = await import("../transaction/index.ts");
  const memo = new TextEncoder().encode(text ?? "");
  if (memo.length <= MAX_MEMO_BYTES) return memo;
  throw usageFailure(`the memo has ${memo.length} bytes, the most is ${MAX_MEMO_BYTES}`);
}

function leastFee(status: Status): bigint {
  const { minFee } = status.raw;
  return typeof minFee === "string" && /^[0-9]+$/.test(minFee) ? BigInt(minFee) : DEFAULT_LEAST_FEE;
}

/** The lines for people: hash, state, height, result. */
function describe(state: TransactionState): string {
  const lines = [`hash    ${state.hash}`, `state   ${state.state}`];
  if (state.height !== undefined) lines.push(`height  ${state.height}`);
  if (state.result !== undefined) lines.push(`result  ${state.result}`);
  if (state.reason) lines.push(`reason  ${state.reason}`);
  const output = outputOf(state);
  if (output !== "") lines.push(`output  ${output}`);
  return lines.join("\n");
}

/** What the call answered: as a text if it is one, else as hex. */
function outputOf({ raw }: TransactionState): string {
  const { receipt } = raw;
  const hex =
    typeof receipt === "object" && receipt !== null && "output" in receipt ? receipt.output : "";
  if (typeof hex !== "string" || !/^0x(?:[0-9a-f]{2})+$/.test(hex)) return "";
  const text = Buffer.from(hex.slice(2), "hex").toString();
  return /^[\x20-\x7e]+$/.test(text) ? text : hex;
}
