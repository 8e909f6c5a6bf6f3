// An ignorer for Stryker: the sentence of an `assert(condition, "sentence")` is for the person who reads the crash, and no
// test pins its words. Its condition is mutated like everything else.

const sentences = {
  shouldIgnore({ node, parent }) {
    const isSentence =
      parent?.type === "CallExpression" &&
      parent.callee.type === "Identifier" &&
      parent.callee.name === "assert" &&
      parent.arguments[1] === node;
    return isSentence ? "the sentence of an assertion" : undefined;
  },
};

export const strykerPlugins = [{ kind: "Ignore", name: "sentences", value: sentences }];
