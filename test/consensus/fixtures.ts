// A small world for tests: validators with a stand-in signature scheme, and short words for blocks, certificates and
// messages, named by view: `block(8, { on: 6 })`, `qc(6)`, `tc(7, { highQc: 6 })`. Deterministic, and cheap to build.

import {
  type Block,
  blockHash,
  type CommitCert,
  type CommitVote,
  commitVoteBytes,
  type Draft,
  genesisQc,
  type LeaderChoice,
  type Message,
  type Proposal,
  proposalBytes,
  type QuorumCert,
  type Timeout,
  type TimeoutCert,
  type Tip,
  timeoutBytes,
  type ValidatorSet,
  Verifier,
  type Vote,
  type VoteContent,
  validatorSet,
  voteBytes,
} from "../../consensus/index.ts";
import { signDraft } from "../../consensus/messages.ts";
import {
  ascii,
  concatBytes,
  domain,
  type Epoch,
  epoch,
  equalBytes,
  type Hash,
  type Height,
  hashIn,
  type PublicKey,
  publicKey,
  type Signature,
  type SignatureScheme,
  type Signer,
  signature,
  signatureList,
  toHex,
  type View,
  view,
} from "../../crypto/index.ts";

const textDomain = domain("quorate-test/text/1");
const stateDomain = domain("quorate-test/state/1");
const secretDomain = domain("quorate-test/stand-in-secret/1");
const leftDomain = domain("quorate-test/stand-in-left/1");
const rightDomain = domain("quorate-test/stand-in-right/1");

/** A hash that stands for whatever `text` says. */
export function hashOf(text: string): Hash {
  return hashIn(textDomain, ascii(text));
}

/** The trivial executor: the state is the list of all payloads, so its root is a hash chain. */
export function execute(parentRoot: Hash, payload: Hash): Hash {
  return hashIn(stateDomain, parentRoot, payload);
}

export const GENESIS_ROOT = hashOf("genesis state");

/** Two keyed hashes. Nobody in a test signs for another, since only a Signer ever seals. */
export const standInScheme: SignatureScheme = {
  name: "stand-in",
  verify: ({ publicKey, message, signature }) => equalBytes(seal(publicKey, message), signature),
  verifyQuick: (check) => standInScheme.verify(check),
};

export function standInSigner(name: string): Signer {
  const key = publicKey(hashOf(`key of ${name}`));
  return { publicKey: key, sign: (message) => seal(key, message) };
}

function seal(key: PublicKey, message: Uint8Array): Signature {
  const secret = hashIn(secretDomain, key);
  const left = hashIn(leftDomain, secret, message);
  return signature(concatBytes(left, hashIn(rightDomain, secret, message)));
}

export type WorldOptions = {
  readonly powers?: readonly number[];
  readonly chain?: string;
  readonly epoch?: number;
  readonly scheme?: SignatureScheme;
  readonly signers?: readonly Signer[];
};

/** What a block stands on: the block of that view, or a given one. */
export type Ground = number | Block;

export type World = ReturnType<typeof world>;

export function world(options: WorldOptions = {}) {
  const powers = options.powers ?? [1, 1, 1, 1];
  const signers = options.signers ?? powers.map((_, index) => standInSigner(`validator ${index}`));
  const scheme = options.scheme ?? standInScheme;
  const currentEpoch: Epoch = epoch(options.epoch ?? 1);
  const validators: ValidatorSet = validatorSet({
    chainId: hashOf(options.chain ?? "chain"),
    epoch: currentEpoch,
    members: powers.map((power, index) => ({ publicKey: signerOf(index).publicKey, power })),
  });
  const { chainId } = validators;
  const genesis = genesisQc({ epoch: currentEpoch, block: hashOf("genesis") });
  const genesisTip: Tip = {
    hash: genesis.block,
    height: genesis.height,
    view: genesis.view,
    timestampMs: 0,
    stateRoot: GENESIS_ROOT,
  };
  const known = new Map<string, Block>();
  const plain = new Map<number, Block>();

  function signerOf(index: number): Signer {
    const signer = signers[index];
    if (signer === undefined) throw new Error(`no validator ${index}`);
    return signer;
  }

  /** The smallest run of validators 0, 1, .. whose power is a quorum. */
  function quorum(): number[] {
    const chosen: number[] = [];
    let power = 0;
    for (const [index, member] of validators.members.entries()) {
      if (power >= validators.quorumPower) break;
      chosen.push(index);
      power += member.power;
    }
    return chosen;
  }

  /** The block of `view`, on the block of the view before unless told otherwise; view 0 is genesis. */
  function block(
    ofView: number,
    options: {
      readonly on?: Ground;
      readonly payload?: string;
      readonly justify?: QuorumCert;
      readonly proposer?: number;
    } = {},
  ): Block {
    const isPlain = Object.keys(options).length === 0;
    const earlier = isPlain ? plain.get(ofView) : undefined;
    if (earlier !== undefined) return earlier;
    const justify = options.justify ?? qc(options.on ?? ofView - 1);
    const made: Block = {
      epoch: currentEpoch,
      view: view(ofView),
      height: (justify.height + 1) as Height,
      parent: justify.block,
      justify,
      payload: hashOf(options.payload ?? `payload of ${ofView}`),
      timestampMs: 1_000_000 + ofView,
      proposer: options.proposer ?? ofView % powers.length,
    };
    known.set(toHex(blockHash(made)), made);
    if (isPlain) plain.set(ofView, made);
    return made;
  }

  /** Blocks of the views `from` to `to`, each on the one before. */
  function chain(from: number, to: number): Block[] {
    const blocks: Block[] = [];
    for (let each = from; each <= to; each++) blocks.push(block(each));
    return blocks;
  }

  function grounded(ground: Ground): Block {
    return typeof ground === "number" ? block(ground) : ground;
  }

  function contentOf(ground: Ground): VoteContent {
    if (ground === 0) {
      const { epoch, view, height, block } = genesis;
      return { epoch, view, height, block };
    }
    const { epoch, view, height, ...rest } = grounded(ground);
    return { epoch, view, height, block: blockHash({ epoch, view, height, ...rest }) };
  }

  /** The state root after a block of this world. */
  function rootAfter(ground: Ground): Hash {
    if (ground === 0) return GENESIS_ROOT;
    const { parent, payload } = grounded(ground);
    if (equalBytes(parent, genesis.block)) return execute(GENESIS_ROOT, payload);
    const below = known.get(toHex(parent));
    if (below === undefined) throw new Error("the parent was not made in this world");
    return execute(rootAfter(below), payload);
  }

  function sealed(by: readonly number[], bytesOf: (position: number) => Uint8Array) {
    return signatureList(
      by.map((signer, position) => ({
        signer,
        signature: signerOf(signer).sign(bytesOf(position)),
      })),
    );
  }

  function qc(ground: Ground, { by = quorum() }: { by?: readonly number[] } = {}): QuorumCert {
    if (ground === 0) return genesis;
    const content = contentOf(ground);
    return { ...content, signatures: sealed(by, () => voteBytes(chainId, content)) };
  }

  function commitCert(
    ground: Ground,
    options: { readonly by?: readonly number[]; readonly stateRoot?: Hash } = {},
  ): CommitCert {
    const stateRoot = options.stateRoot ?? rootAfter(ground);
    const content = { ...contentOf(ground), stateRoot };
    const signed = () => commitVoteBytes(chainId, content);
    return { ...content, signatures: sealed(options.by ?? quorum(), signed) };
  }

  /** Each signer claims the view of `highQc`, unless `highQcViews` says otherwise. */
  function tc(
    ofView: number,
    options: {
      readonly highQc: Ground;
      readonly by?: readonly number[];
      readonly highQcViews?: readonly number[];
    },
  ): TimeoutCert {
    const by = options.by ?? quorum();
    const highQc = qc(options.highQc);
    const highQcViews = (options.highQcViews ?? by.map(() => highQc.view)).map((each) =>
      view(each),
    );
    const signatures = sealed(by, (position) =>
      timeoutBytes(chainId, {
        epoch: currentEpoch,
        view: view(ofView),
        highQcView: highQcViews[position] ?? highQc.view,
      }),
    );
    return { epoch: currentEpoch, view: view(ofView), highQcViews, signatures, highQc };
  }

  function proposal(ground: Ground, { tc }: { tc?: TimeoutCert } = {}): Proposal {
    const made = grounded(ground);
    const signature = signerOf(made.proposer).sign(proposalBytes(chainId, made));
    const bare = { type: "proposal", block: made, signature } as const;
    return tc === undefined ? bare : { ...bare, tc };
  }

  function vote(ground: Ground, { by }: { by: number }): Vote {
    return signed({ type: "vote", content: contentOf(ground), voter: by }) as Vote;
  }

  function commitVote(
    ground: Ground,
    options: { readonly by: number; readonly stateRoot?: Hash; readonly qc?: QuorumCert },
  ): CommitVote {
    const content = {
      ...contentOf(ground),
      stateRoot: options.stateRoot ?? rootAfter(ground),
    };
    const draft = { type: "commit-vote", content, voter: options.by } as const;
    const carried = options.qc === undefined ? draft : { ...draft, qc: options.qc };
    return signed(carried) as CommitVote;
  }

  function timeout(
    ofView: number,
    options: {
      readonly by: number;
      readonly highQc: Ground | QuorumCert;
      readonly highTc?: TimeoutCert;
      readonly vote?: Vote;
    },
  ): Timeout {
    const { by, highQc: ground, ...attached } = options;
    const highQc = typeof ground === "object" && "signatures" in ground ? ground : qc(ground);
    const content = { epoch: currentEpoch, view: view(ofView), highQcView: highQc.view };
    return signed({ type: "timeout", content, voter: by, highQc, ...attached }) as Timeout;
  }

  function signed(draft: Draft): Message {
    const by = draft.type === "proposal" ? draft.block.proposer : draft.voter;
    return signDraft(draft, chainId, signerOf(by));
  }

  /** What is known of a block once it is final. */
  function tipAt(ground: Ground): Tip {
    if (ground === 0) return genesisTip;
    const block = grounded(ground);
    const { height, view, timestampMs } = block;
    const stateRoot = rootAfter(ground);
    return { hash: blockHash(block), height, view, timestampMs, stateRoot, block };
  }

  return {
    validators,
    scheme,
    signerOf,
    genesis,
    genesisTip,
    quorum,
    block,
    chain,
    contentOf,
    rootAfter,
    qc,
    tc,
    commitCert,
    proposal,
    vote,
    commitVote,
    timeout,
    signed,
    tipAt,
    verifier: (leaders?: LeaderChoice) => new Verifier(validators, scheme, genesis, leaders),
  };
}

export function viewOf(number: number): View {
  return view(number);
}
