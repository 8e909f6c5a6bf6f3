// Signed transactions and the calls of the built-in ledger. Portable: clients and browsers use this folder too.

export {
  type Call,
  callCodec,
  decodeCall,
  encodeCall,
  MAX_MEMO_BYTES,
  type TransferCall,
} from "./call.ts";
export {
  decodeSignedTransaction,
  decodeTransaction,
  type HashFunction,
  MAX_CALL_BYTES,
  MAX_TRANSACTION_BYTES,
  MIN_TRANSACTION_BYTES,
  type SignedTransaction,
  signatureCheck,
  signTransaction,
  type Transaction,
  transactionId,
  type UnsignedTransaction,
} from "./transaction.ts";
