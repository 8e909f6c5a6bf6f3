// Keys of the built-in ledger's state: one byte that says what stands there, then whose it is.

export function stateKey(kind: number, name: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + name.length);
  key[0] = kind;
  key.set(name, 1);
  return key;
}
