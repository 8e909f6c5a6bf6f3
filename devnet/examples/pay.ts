// A client that believes nobody: pays from one account to another, and prints what it can prove. Unless SECRET and TO name
// others, dev0 of a devnet pays dev1: with a key that anyone has, in play money.
// node pay.js .devnet/genesis.json http://127.0.0.1:4000 http://127.0.0.1:4001

import { readFile } from "node:fs/promises";
import { createClient, keyFromSecret } from "quorate/client";

const DEV0_SECRET = "0x05e34b9ef8359a0c89daaab55bcf4a3cd8a9e05d5ad9a3ac85db7ca9575caebe";
const DEV1 = "qr1vw2ljt54j5ghkc3pkp7n03ml3jqfflxes8k3nk";

const { SECRET = DEV0_SECRET, TO = DEV1 } = process.env;
const [genesisFile = ".devnet/genesis.json", ...urls] = process.argv.slice(2);

const client = createClient({
  genesis: await readFile(genesisFile, "utf8"),
  urls,
  onSuspicion: ({ url, code, reason }) => console.error(`${url}: ${code}, ${reason}`),
});

const from = keyFromSecret(SECRET);
const { receipt, height } = await client.transfer({ from, to: TO, amount: 25n });
console.log(`${receipt.result} at height ${height}, fee ${receipt.feePaid}`);
const { balance } = await client.account(TO);
console.log(`${TO} has ${balance}`);
for await (const block of client.watchBlocks({ from: height })) {
  console.log(`block ${block.height} with ${block.transactions.length} transactions is final`);
  if (block.height >= height) break;
}
