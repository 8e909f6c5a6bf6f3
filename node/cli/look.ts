// `quorate status` and `quorate account`: what one node says about the chain and about an account.

import { answered, clientOf } from "./asking.ts";
import { rpcOption } from "./options.ts";
import { table } from "./output.ts";
import { addCommand, addGroup, type Program } from "./program.ts";
import { genesisOption, trustedGenesis } from "./trusted-genesis.ts";

type LookOptions = { readonly rpc: string };
type AccountOptions = LookOptions & { readonly genesis?: string };

export function registerLookCommands(program: Program): void {
  addCommand<LookOptions>(program, program.root, {
    name: "status",
    summary: "where a node stands, and what is missing when it stands still",
    options: [rpcOption()],
    example: "status --rpc http://127.0.0.1:4001",
    run: async ({ rpc }, _positional, { output }) => {
      const client = await clientOf(rpc);
      const status = answered(await client.status());
      output.record({ type: "status", ...status.raw }, () => {
        const { finalized, pool, peers } = status;
        const connected = peers.filter((peer) => peer.connected).length;
        const rows = [
          ["node", client.url],
          ["chain", status.chainId],
          ["final height", String(finalized.height)],
          ["block", finalized.hash],
          ["state root", finalized.stateRoot],
          ["view", String(status.view)],
          ["validators", String(status.validators.length)],
          ["peers", `${connected} of ${peers.length} connected`],
          ["pool", `${pool.count} transactions, ${pool.bytes} bytes`],
        ];
        if (status.missing !== undefined) {
          rows.push(["missing", output.paint.yellow(status.missing)]);
        }
        return table(rows);
      });
      return undefined;
    },
  });
  const group = addGroup(program.root, {
    name: "account",
    summary: "look at accounts",
    example: "account show dev0",
  });
  addCommand<AccountOptions>(program, group, {
    name: "show",
    summary: "balance and next nonce of an account, once their proof is checked",
    takes: [["<address>", "qr1..., or dev0..dev9 of a devnet"]],
    options: [rpcOption(), genesisOption()],
    example: "account show dev0",
    run: async ({ rpc, genesis }, [name = ""], { output, env }) => {
      const { provenAccount } = await import("./proven-account.ts");
      const question = { rpc, genesis: trustedGenesis(genesis, env), env };
      const account = await provenAccount(name, question);
      output.record({ type: "account", ...account }, () =>
        table(Object.entries(account).map(([field, value]) => [field, String(value)])),
      );
      return undefined;
    },
  });
}
