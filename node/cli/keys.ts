// `quorate keys`: make, look at, take in and hand out key files. A secret is printed by `export` alone.

import { Option } from "commander";
import type { SecretKey } from "../../crypto/index.ts";
import { usageFailure } from "./failure.ts";
import type { Output } from "./output.ts";
import { type ActionContext, addCommand, addGroup, type Program } from "./program.ts";

type NewFileOptions = { readonly passphrase: boolean };

export function registerKeyCommands(program: Program): void {
  const group = addGroup(program.root, {
    name: "keys",
    summary: "make, look at, import and export keys",
    example: "keys new alice.key",
  });
  addCommand<NewFileOptions>(program, group, {
    name: "new",
    summary: "make a key and write it to a new file",
    takes: [["<file>", "must not exist yet"]],
    options: [noPassphraseOption()],
    example: "keys new alice.key",
    run: async (options, [file = ""], context) => {
      const { randomBytes } = await import("node:crypto");
      const { SECRET_KEY_BYTES, secretKey } = await import("../../crypto/index.ts");
      const secret = secretKey(new Uint8Array(randomBytes(SECRET_KEY_BYTES)));
      await writeKey({ file, secret }, options, context);
      return undefined;
    },
  });
  addCommand<{ readonly address?: boolean; readonly publicKey?: boolean }>(program, group, {
    name: "show",
    summary: "the address and the public key; needs no passphrase",
    takes: [["<key>", "a key file, or dev0..dev9 of a devnet"]],
    options: [
      new Option("--address", "the address alone").conflicts("publicKey"),
      new Option("--public-key", "the public key alone"),
    ],
    example: "keys show dev0 --address",
    run: async (options, [key = ""], context) => show(key, options, context),
  });
  addCommand<NewFileOptions>(program, group, {
    name: "import",
    summary: "write a secret key from stdin to a new file",
    takes: [["<file>", "must not exist yet"]],
    options: [noPassphraseOption()],
    example: "keys import alice.key < secret.txt",
    run: async (options, [file = ""], context) => {
      await writeKey({ file, secret: await secretFromStdin() }, options, context);
      return undefined;
    },
  });
  addCommand<object>(program, group, {
    name: "export",
    summary: "print the secret key: whoever sees it can use it",
    takes: [["<file>", "a key file"]],
    example: "keys export alice.key > secret.txt",
    run: async (_options, [file = ""], context) => {
      const [{ toHex }, { openKeyFile }] = await Promise.all([
        import("../../crypto/index.ts"),
        import("./key-file-access.ts"),
      ]);
      const secret = toHex(await openKeyFile(file, context));
      context.output.record({ type: "key", file, secretKey: secret }, () => secret);
      return undefined;
    },
  });
}

function noPassphraseOption(): Option {
  return new Option("--no-passphrase", "leave the key in the clear (development only)");
}

async function writeKey(
  key: { readonly file: string; readonly secret: SecretKey },
  { passphrase }: NewFileOptions,
  { output, env }: ActionContext,
): Promise<void> {
  const [{ publicKeyOf }, { writeKeyFile }, { keyFailure }, { choosePassphrase }] =
    await Promise.all([
      import("../../crypto/index.ts"),
      import("../../crypto/native/index.ts"),
      import("./key-file-access.ts"),
      import("./passphrase.ts"),
    ]);
  const { file, secret } = key;
  const protection = passphrase ? { passphrase: await choosePassphrase(env) } : {};
  try {
    await writeKeyFile(file, { secretKey: secret, ...protection });
  } catch (error) {
    throw keyFailure(error);
  }
  await print(output, file, publicKeyOf(secret));
}

async function show(
  key: string,
  options: { readonly address?: boolean; readonly publicKey?: boolean },
  context: ActionContext,
): Promise<undefined> {
  const [
    { isDevelopmentAccount },
    { readPublicKey },
    { keyFailure },
    { addressOf, formatAddress, toHex },
  ] = await Promise.all([
    import("./development-keys.ts"),
    import("../../crypto/native/index.ts"),
    import("./key-file-access.ts"),
    import("../../crypto/index.ts"),
  ]);
  const { signerFrom } = await import("./signer-source.ts");
  const publicKey = isDevelopmentAccount(key)
    ? (await signerFrom(key, context)).publicKey
    : await readPublicKey(key).catch((error: unknown) => {
        throw keyFailure(error);
      });
  const { output } = context;
  const address = formatAddress(addressOf(publicKey));
  if (options.address) output.record({ type: "key", address }, () => address);
  else if (options.publicKey) {
    const text = toHex(publicKey);
    output.record({ type: "key", publicKey: text }, () => text);
  } else await print(output, key, publicKey);
  return undefined;
}

async function print(output: Output, file: string, publicKey: Uint8Array): Promise<void> {
  const {
    addressOf,
    formatAddress,
    publicKey: checked,
    toHex,
  } = await import("../../crypto/index.ts");
  const address = formatAddress(addressOf(checked(publicKey)));
  const text = toHex(publicKey);
  output.record(
    { type: "key", file, address, publicKey: text },
    () => `key         ${file}\naddress     ${address}\npublic key  ${text}`,
  );
}

const MAX_SECRET_CHARACTERS = 256;

async function secretFromStdin(): Promise<SecretKey> {
  const { fromHex, SECRET_KEY_BYTES, secretKey } = await import("../../crypto/index.ts");
  process.stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.length > MAX_SECRET_CHARACTERS || text.includes("\n")) break;
  }
  const bytes = fromHex(text.trim());
  if (bytes?.length === SECRET_KEY_BYTES) return secretKey(bytes);
  throw usageFailure(
    "stdin holds no secret key",
    "a secret key is 0x and 64 digits of lower-case hex, as `quorate keys export` prints it",
  );
}
