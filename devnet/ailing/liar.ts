// A liar on a real node: the behaviours of the simulator around network and execution of a validator, switched at run
// time. It has its own key and those of its accomplices, all of them development keys; never one of an honest validator.

import type { ValidatorIndex, ValidatorSet } from "../../consensus/index.ts";
import {
  addressOf,
  assert,
  type Height,
  type Nonce,
  type Signer,
  secretKey,
} from "../../crypto/index.ts";
import { createSigner } from "../../crypto/native/index.ts";
import { chainRootOf, type Genesis } from "../../node/chain/index.ts";
import { developmentKey } from "../../node/cli/index.ts";
import {
  createNetwork,
  type Network,
  type NetworkHandlers,
  type NetworkOptions,
  type Wire,
} from "../../node/network/index.ts";
import type { Execution, RunningValidator, Surroundings } from "../../node/runtime/index.ts";
import { encodeCall, signTransaction } from "../../node/transaction/index.ts";
import { type Behaviour, Conduct, type Control, wayOf } from "../behaviours/index.ts";
import type { Recipe } from "../directory/index.ts";
import { type Random, randomStream } from "../random/index.ts";
import { Delays } from "./delays.ts";
import { guarded } from "./guarded-behaviour.ts";
import { LyingNetwork } from "./lying-network.ts";

export type LiarOptions = {
  readonly genesis: Genesis;
  readonly self: ValidatorIndex;
  /** Our own, and those of other declared liars; asked for at each change of ways. */
  readonly keys: () => ReadonlyMap<ValidatorIndex, Signer>;
  /** Owners of development accounts, in whose name it may spend. */
  readonly accounts: readonly Signer[];
  /** What is drawn for a way is the same each time it is taken up. */
  readonly seed: number;
  /** In force from the first moment; words or names. */
  readonly ways: readonly string[];
  /** The liar wishes to be killed, and started again after so long. */
  readonly restart: (downMs: number) => void;
  /** A way broke, by a bug of ours, and is off: the node goes on. */
  readonly broke: (way: string, error: unknown) => void;
};

/** Blocks from now for which its transactions are valid: as far as pools allow is farther. */
const VALID_HEIGHTS = 100;

export class Liar {
  readonly #options: LiarOptions;
  readonly #validators: ValidatorSet;
  readonly #others: readonly ValidatorIndex[];
  readonly #stranger: Signer;
  /** Acts that the ways in force have planned. */
  readonly #plans = new Delays();
  /** Ways that broke stay off for this life. */
  readonly #broken = new Set<string>();
  #behaviours: readonly Behaviour[] = [];
  #seed: number;
  #executed: readonly string[] = [];
  #network: LyingNetwork | undefined;
  #state: Pick<RunningValidator["api"], "account"> | undefined;

  constructor(options: LiarOptions) {
    this.#options = options;
    this.#seed = options.seed;
    this.#validators = chainRootOf(options.genesis).validators;
    this.#others = [...this.#validators.members.keys()].filter((index) => index !== options.self);
    const random = this.#stream("stranger");
    const seed = Uint8Array.from({ length: 32 }, () => random.between(0, 255));
    this.#stranger = createSigner(secretKey(seed));
    this.#behaviours = behavioursOf(options.ways);
  }

  /** For `Surroundings.createNetwork`; at most once a life. */
  createNetwork(options: NetworkOptions, handlers: NetworkHandlers, wire?: Wire): Network {
    const carried = wire === undefined ? options : { ...options, wire };
    const network = new LyingNetwork({
      self: this.#options.self,
      others: this.#others,
      create: (heard) => createNetwork(carried, heard),
      handlers,
      stopped: () => this.#plans.clear(),
      unspeakable: (error) => this.#options.broke("what it says", error),
    });
    this.#network = network;
    this.#takeUp();
    return network;
  }

  /** For `Surroundings.execution`: what the ways in force at the start make of the application. */
  readonly execution: Surroundings["execution"] = (honest: Execution) => {
    const changing = this.#behaviours.filter(({ application }) => application !== undefined);
    this.#executed = changing.map(({ name }) => name);
    return changing.reduce((machine, { name, application }) => {
      return application?.(machine, this.#stream(`execution ${name}`)) ?? machine;
    }, honest);
  };

  /**
   * Lies in these ways from now on, and in no others; none: it is honest. What a way does to execution begins, and ends,
   * with a start of the process only: `needsRestart`.
   */
  setWays(ways: readonly string[], seed = this.#seed): { readonly needsRestart: boolean } {
    this.#seed = seed;
    this.#behaviours = behavioursOf(ways);
    this.#takeUp();
    const changing = this.#behaviours.filter(({ application }) => application !== undefined);
    const names = changing.map(({ name }) => name);
    return { needsRestart: names.join() !== this.#executed.join() };
  }

  /** The validator that it is: what accounts spend next is read from its state. Until then every nonce is 0. */
  attach({ api }: Pick<RunningValidator, "api">): void {
    this.#state = api;
  }

  #takeUp(): void {
    this.#plans.clear();
    const network = this.#network;
    if (network === undefined) return;
    const { broke } = this.#options;
    const behaviours = this.#behaviours
      .filter(({ word }) => !this.#broken.has(word))
      .map((behaviour) =>
        guarded(behaviour, (error) => {
          this.#broken.add(behaviour.word);
          broke(behaviour.word, error);
        }),
      );
    network.conduct =
      behaviours.length === 0 ? undefined : new Conduct(behaviours, this.#control(network));
  }

  #control(network: LyingNetwork): Control {
    const { self, genesis, accounts, keys, restart } = this.#options;
    const others = this.#others;
    const deliver: Control["send"] = (delivery) => network.deliver(delivery);
    return {
      node: self,
      self,
      validators: this.#validators,
      others,
      validatorOf: (node) => node,
      keys: keys(),
      stranger: this.#stranger,
      random: this.#stream("adversary"),
      now: () => performance.now(),
      view: () => network.progress.view,
      baseTimeoutMs: genesis.consensus.baseTimeoutMs,
      maxActs: Number.POSITIVE_INFINITY,
      send: deliver,
      sendAll: (message, ids = []) => {
        const content = { type: "message", message, ids } as const;
        for (const to of others) deliver({ to, content });
      },
      after: (delayMs, act) => {
        this.#plans.after(delayMs, act);
      },
      transfer: (asked) => this.#transfer(network, asked),
      nonceOf: (account) => this.#nonceOf(account),
      accounts: accounts.length,
      transaction: (id) => network.heard.find(id),
      restart,
    };
  }

  #transfer(
    network: LyingNetwork,
    { from, to, amount, nonce }: Parameters<Control["transfer"]>[0],
  ): ReturnType<Control["transfer"]> {
    const { accounts, genesis } = this.#options;
    const [signer, receiver] = [accounts[from], accounts[to]];
    assert(signer !== undefined && receiver !== undefined, "a liar spends what accounts there are");
    const call = {
      type: "transfer",
      to: addressOf(receiver.publicKey),
      amount,
      memo: new Uint8Array(),
    } as const;
    const unsigned = {
      chainId: this.#validators.chainId,
      sender: addressOf(signer.publicKey),
      publicKey: signer.publicKey,
      nonce: nonce as Nonce,
      fee: genesis.ledger.minFee,
      validUntilHeight: (network.progress.height + VALID_HEIGHTS) as Height,
      call: encodeCall(call),
    };
    return signTransaction(unsigned, signer);
  }

  #nonceOf(account: number): number {
    const owner = this.#options.accounts[account];
    if (owner === undefined || this.#state === undefined) return 0;
    return this.#state.account(addressOf(owner.publicKey)).nonce;
  }

  #stream(name: string): Random {
    return randomStream(this.#seed, `${name} ${this.#options.self}`);
  }
}

function behavioursOf(ways: readonly string[]): readonly Behaviour[] {
  return ways.map((way) => {
    const behaviour = wayOf(way);
    assert(behaviour !== undefined, `"${way}" is a way to lie`);
    return behaviour;
  });
}

export type LiarOfDevnet = Omit<LiarOptions, "keys" | "accounts"> & {
  readonly recipe: Pick<Recipe, "seed" | "accounts">;
  /** All validators that are declared liars by now, `self` among them. */
  readonly liars: () => readonly ValidatorIndex[];
};

/** Has the keys of this devnet's liars and accounts, which its recipe gives to anyone. */
export function liarOfDevnet({ recipe, liars, ...options }: LiarOfDevnet): Liar {
  const signer = (name: string) => createSigner(developmentKey({ seed: recipe.seed, name }));
  return new Liar({
    ...options,
    keys: () => new Map(liars().map((index) => [index, signer(`validator${index}`)])),
    accounts: Array.from({ length: recipe.accounts }, (_, at) => signer(`dev${at}`)),
  });
}
