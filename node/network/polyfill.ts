// `Promise.withResolvers` for Node 20: libp2p calls it, and the runtime gained it in Node 22. Import this before libp2p.

function withResolvers(this: PromiseConstructor): unknown {
  let resolve: unknown;
  let reject: unknown;
  const promise = new this((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

if (!("withResolvers" in Promise)) {
  Object.defineProperty(Promise, "withResolvers", {
    value: withResolvers,
    configurable: true,
    writable: true,
  });
}
