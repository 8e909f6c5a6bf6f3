// Whole validators on virtual time: build them from a seed, load them, hurt them, and check what must hold.

import { type Message, type ValidatorIndex, validatorSet } from "../../consensus/index.ts";
import {
  type Address,
  addressOf,
  domain,
  type Epoch,
  type Height,
  hashIn,
  type Nonce,
  type Signer,
  toHex,
} from "../../crypto/index.ts";
import {
  encodeCall,
  type SignedTransaction,
  signTransaction,
} from "../../node/transaction/index.ts";
import { Agenda } from "./agenda.ts";
import { CALM, type NetworkMood, SimulatedNetwork } from "./network.ts";
import { randomStream } from "./random.ts";
import { standInSigner } from "./stand-in.ts";
import { type SimulatedChain, SimulatedValidator } from "./validator.ts";

export type SimulationOptions = {
  readonly seed: number;
  readonly validators?: number;
  readonly mood?: NetworkMood;
  readonly accounts?: number;
  readonly baseTimeoutMs?: number;
};

/** Signers of accounts are numbered from here, so that they never meet those of validators. */
const FIRST_ACCOUNT = 1_000;
export const INITIAL_BALANCE = 1_000_000n;

export class Simulation {
  readonly agenda = new Agenda();
  readonly network: SimulatedNetwork;
  readonly validators: readonly SimulatedValidator[];
  readonly accounts: readonly Signer[];
  /** Every statement that a validator signed, by what an honest one may sign only once. */
  readonly #statements = new Map<string, string>();
  readonly #chain: SimulatedChain;
  readonly #nonces: number[];

  constructor(options: SimulationOptions) {
    const { seed, validators = 4, mood = CALM, accounts = 8, baseTimeoutMs = 200 } = options;
    this.network = new SimulatedNetwork(this.agenda, randomStream(seed, "network"), mood);
    const signers = Array.from({ length: validators }, (_, index) => standInSigner(index));
    this.accounts = Array.from({ length: accounts }, (_, at) => standInSigner(FIRST_ACCOUNT + at));
    this.#nonces = this.accounts.map(() => 0);
    const chainId = hashIn(domain("quorate/simulated-chain/1"), Uint8Array.of(validators));
    const members = signers.map(({ publicKey }) => ({ publicKey, power: 1 }));
    this.#chain = {
      validators: validatorSet({ chainId, epoch: 0 as Epoch, members }),
      genesisBlock: hashIn(domain("quorate/simulated-genesis/1"), chainId),
      genesis: {
        accounts: this.accounts.map(({ publicKey }) => {
          return { address: addressOf(publicKey), balance: INITIAL_BALANCE };
        }),
      },
      baseTimeoutMs,
    };
    this.validators = signers.map((signer, index) => {
      return new SimulatedValidator(index, signer, this.#chain, {
        agenda: this.agenda,
        network: this.network,
        random: randomStream(seed, `disk ${index}`),
        peers: () => this.validators,
        onSigned: (voter, message) => this.#checkSigned(voter, message),
      });
    });
    for (const validator of this.validators) validator.start();
  }

  /** A signed transfer with the sender's next nonce. */
  transfer(from: number, to: number, amount: bigint): SignedTransaction {
    const signer = this.accounts[from] as Signer;
    const nonce = (this.#nonces[from] ?? 0) as Nonce;
    this.#nonces[from] = nonce + 1;
    const unsigned = {
      chainId: this.#chain.validators.chainId,
      sender: addressOf(signer.publicKey),
      publicKey: signer.publicKey,
      nonce,
      fee: 1n,
      validUntilHeight: 50_000 as Height,
      call: encodeCall({
        type: "transfer",
        to: this.addressOf(to),
        amount,
        memo: new Uint8Array(),
      }),
    };
    return signTransaction(unsigned, signer);
  }

  addressOf(account: number): Address {
    return addressOf((this.accounts[account] as Signer).publicKey);
  }

  /** Runs until the condition holds; false if the virtual time is up first. */
  runUntil(condition: () => boolean, forMs: number): boolean {
    const end = this.agenda.now + forMs;
    while (!condition()) {
      if (this.agenda.now > end || !this.agenda.advance()) return false;
    }
    return true;
  }

  run(forMs: number): void {
    this.runUntil(() => false, forMs);
  }

  /** The lowest final height among these validators; all by default. */
  lowestHeight(
    among: readonly ValidatorIndex[] = this.validators.map(({ index }) => index),
  ): number {
    return Math.min(...among.map((index) => this.validators[index]?.height() ?? 0));
  }

  /** How often validators gave a view up, all together. */
  timeouts(): number {
    return [...this.#statements.keys()].filter((key) => key.includes(" timeout ")).length;
  }

  highestHeight(): number {
    return Math.max(...this.validators.map((validator) => validator.height()));
  }

  /** How many transactions have taken effect in this validator's final blocks. */
  finalTransactions(index: ValidatorIndex): number {
    const finals = this.validators[index]?.disk.finals ?? [];
    return finals.reduce((count, { applied }) => count + applied, 0);
  }

  /** The whole history in one line: every validator's blocks and states, and what the network carried. */
  digest(): string {
    const finals = this.validators.flatMap(({ disk }) => {
      return disk.finals.map(({ hash, stateRoot }) => `${toHex(hash)} ${toHex(stateRoot)}`);
    });
    return `${this.network.delivered} ${finals.join(" ")}`;
  }

  /** Equal, contiguous commits with equal state roots. Throws at the first difference. */
  checkAgreement(): void {
    const agreed = new Map<number, string>();
    for (const { index, disk } of this.validators) {
      for (const [position, final] of disk.finals.entries()) {
        if (final.height !== position + 1) {
          throw new Error(`validator ${index} has height ${final.height} at ${position + 1}`);
        }
        const ours = `${toHex(final.hash)} ${toHex(final.stateRoot)}`;
        const theirs = agreed.get(final.height) ?? ours;
        if (ours !== theirs) throw new Error(`validator ${index} forks at ${final.height}`);
        agreed.set(final.height, ours);
      }
    }
  }

  /** No validator ever signs two different statements of one kind for one view. */
  #checkSigned(voter: ValidatorIndex, message: Message): void {
    const [view, statement] = statementOf(message);
    const key = `${voter} ${message.type} ${view}`;
    const earlier = this.#statements.get(key);
    if (earlier !== undefined && earlier !== statement) {
      throw new Error(`validator ${voter} signed two ${message.type}s in view ${view}`);
    }
    this.#statements.set(key, statement);
  }
}

function statementOf(message: Message): readonly [view: number, statement: string] {
  switch (message.type) {
    case "proposal":
      return [message.block.view, toHex(message.signature)];
    case "decision":
      return [message.cert.view, toHex(message.cert.block)];
    case "vote":
    case "commit-vote":
    case "timeout":
      return [message.content.view, toHex(message.signature)];
  }
}
