// The canonical codec at its edges, keys and addresses, lists of signatures.

import {
  formatAddress,
  fromHex,
  type Signature,
  signatureList,
  toHex,
  uint8,
  uint16,
  uint32,
  uint53,
  uint64,
} from "../../crypto/index.ts";
import { LAYOUTS } from "./layouts.ts";
import type { Person, SmallChain } from "./small-chain.ts";
import { type Encoding, encodingOf, type Refusal } from "./vector.ts";

const UNION = "union of point (7: uint8 x, uint8 y) and text (9: bytes, at most 4)";

export function codecEncodings(): Readonly<Record<string, readonly Encoding[]>> {
  const bytes = LAYOUTS["bytes, at most 4"];
  const numbers = LAYOUTS["list of uint16, at most 3"];
  const option = LAYOUTS["optional uint8"];
  const shape = LAYOUTS[UNION];
  return {
    uint8: [encodingOf(uint8, "largest", 255)],
    uint16: [encodingOf(uint16, "258", 258)],
    uint32: [encodingOf(uint32, "largest", 0xffff_ffff)],
    uint53: [
      encodingOf(uint53, "zero", 0),
      encodingOf(uint53, "2^32", 2 ** 32),
      encodingOf(uint53, "largest, 2^53-1", Number.MAX_SAFE_INTEGER),
    ],
    uint64: [encodingOf(uint64, "258", 258n), encodingOf(uint64, "largest", 2n ** 64n - 1n)],
    "bytes, at most 4": [
      encodingOf(bytes, "none", new Uint8Array(0)),
      encodingOf(bytes, "three", Uint8Array.of(1, 2, 3)),
    ],
    "list of uint16, at most 3": [
      encodingOf(numbers, "empty", []),
      encodingOf(numbers, "two elements", [1, 258]),
    ],
    "optional uint8": [
      encodingOf(option, "there, and zero", 0),
      encodingOf(option, "absent", undefined),
    ],
    [UNION]: [
      encodingOf(shape, "the first variant", { type: "point", x: 1, y: 2 }),
      encodingOf(shape, "the second variant", { type: "text", text: Uint8Array.of(97) }),
    ],
    signatureList: [
      encodingOf(LAYOUTS.signatureList, "nobody", signatureList([])),
      encodingOf(LAYOUTS.signatureList, "validators 0, 3 and 8", signaturesOf([0, 3, 8])),
    ],
  };
}

export function codecRefusals(): Readonly<Record<string, readonly Refusal[]>> {
  return {
    uint8: [
      refused("no byte", "0x", "truncated"),
      refused("a byte more", "0x0102", "trailing-bytes"),
    ],
    uint53: [
      refused("2^53", "0x0020000000000000", "out-of-range"),
      refused("seven bytes", "0x00000000000000", "truncated"),
    ],
    "bytes, at most 4": [
      refused("five bytes", "0x000000050102030405", "too-long"),
      refused("fewer than it says", "0x000000020a", "truncated"),
      refused("more than it says", "0x000000010a0b", "trailing-bytes"),
    ],
    "list of uint16, at most 3": [
      refused("four elements", "0x000000040001000200030004", "too-long"),
      refused("half an element", "0x00000001ff", "truncated"),
    ],
    "optional uint8": [refused("neither 0 nor 1 before it", "0x0205", "unknown-tag")],
    [UNION]: [refused("a tag of no variant", "0x080102", "unknown-tag")],
    signatureList: [
      refused("a bitmap that ends in a zero byte", "0x0100", "out-of-range"),
      refused("a bitmap of 33 bytes", `0x21${"01".repeat(33)}`, "too-long"),
      refused("a bit without a signature", "0x0101", "truncated"),
    ],
  };
}

export function keyVectors({ people }: SmallChain) {
  const { alice, bob, carol, dave, newKey, validators, networkKeys } = people;
  return [alice, bob, carol, dave, newKey, ...validators, ...networkKeys].map(keyVector);
}

function keyVector({ name, secret, signer, address }: Person) {
  return {
    name,
    secretKey: toHex(secret),
    publicKey: toHex(signer.publicKey),
    addressBytes: toHex(address),
    address: formatAddress(address),
  };
}

/** Texts that are no address. */
export function addressRefusals({ people }: SmallChain) {
  const text = formatAddress(people.alice.address);
  const last = text.endsWith("q") ? "p" : "q";
  return [
    {
      about: "one letter changed",
      address: `${text.slice(0, -1)}${last}`,
      refusal: "not-bech32m",
    },
    { about: "upper case", address: text.toUpperCase(), refusal: "not-bech32m" },
    {
      about: "bech32, not bech32m",
      address: "qr1qyqszqgpqyqszqgpqyqszqgpqyqszqgppppc5k",
      refusal: "not-bech32m",
    },
    {
      about: "21 bytes",
      address: "qr1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyf9ajud",
      refusal: "wrong-length",
    },
    {
      about: "another prefix",
      address: "bc1qyqszqgpqyqszqgpqyqszqgpqyqszqgp0vw2ey",
      refusal: "wrong-prefix",
    },
  ];
}

/** Signatures that verify nothing: only the layout counts here. */
function signaturesOf(signers: readonly number[]) {
  return signatureList(
    signers.map((signer) => {
      return { signer, signature: new Uint8Array(64).fill(signer) as Signature };
    }),
  );
}

function refused(about: string, bytes: string, refusal: string): Refusal {
  if (fromHex(bytes) === undefined) throw new Error(`${bytes} is no hex`);
  return { about, bytes, refusal };
}
