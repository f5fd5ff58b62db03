/** The globals that code of the documentation uses when tests run it: a token, and a function that shows results. */
const { TOKEN: token = '' } = process.env;

Object.assign(globalThis, {
  getToken: () => Promise.resolve(token),
  show: (value: unknown) => console.log(JSON.stringify(value)),
});
