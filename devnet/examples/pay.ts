// A client that believes nobody, with a devnet: pays from one development account to another, and prints what it can prove.
// node dist/devnet/examples/pay.js .devnet/validator0/genesis.json http://127.0.0.1:4000 http://127.0.0.1:4001

import { readFile } from "node:fs/promises";
import { formatAddress, toHex } from "../../crypto/index.ts";
import { DEFAULT_DEVELOPMENT_SEED, developmentKey } from "../../node/cli/index.ts";
import { createClient, keyFromSecret } from "../../node/client/index.ts";

const [genesisFile = "", ...urls] = process.argv.slice(2);
const client = createClient({
  genesis: await readFile(genesisFile, "utf8"),
  urls,
  onSuspicion: ({ url, code }) => console.error(`${url} is not to be believed: ${code}`),
});

const seed = process.env.QUORATE_DEVNET_SEED ?? DEFAULT_DEVELOPMENT_SEED;
const keyNamed = (name: string) => keyFromSecret(toHex(developmentKey({ seed, name })));
const from = keyNamed("dev0");
const to = keyNamed("dev1").address;

const { receipt, height } = await client.transfer({ from, to, amount: 25n });
console.log(`${receipt.result} at height ${height}, fee ${receipt.feePaid}`);
const { balance } = await client.account(to);
console.log(`${formatAddress(to)} has ${balance}`);
for await (const block of client.watchBlocks({ from: height })) {
  console.log(`block ${block.height} with ${block.transactions.length} transactions is final`);
  if (block.height >= height) break;
}
