/** The globals that code of the documentation uses when tests run it: tokens, each newer than the one before, and a function that shows results. */
const { TOKENS = '' } = process.env;
const tokens = TOKENS.split(' ');

Object.assign(globalThis, {
  getToken: () => Promise.resolve(tokens.length > 1 ? tokens.shift() : tokens[0]),
  show: (value: unknown) => console.log(JSON.stringify(value)),
});
