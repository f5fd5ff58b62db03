/** The steps of a request over HTTP, and by which functions each is known. */
import type { StackTime } from './profile.ts';

const rest = 'promises, timers and the rest of Node';

/**
 * Of the functions of a stack, from the innermost outwards, the first that is known has its time: what Node does on behalf of a step
 * counts for that step.
 */
const steps: readonly (readonly [step: string, pattern: RegExp])[] = [
  ['the answer is written to the socket, in the kernel', /^write(\w*String|Buffer|v)\b/],
  ['garbage collection', /^\(garbage collector\)/],
  ['bytes become a request, and an answer bytes: Node', /node:(_http|net|events|internal\/stream)/],
  ['its route and its hooks: Fastify', /node_modules\/(@?fastify|find-my-way|toad-cache)/],
  ['its JSON is parsed', /secure-json-parse/],
  [
    'who asks: token, ended sessions, address',
    /src\/(auth\/|http\/identity|http\/connections\/client-address)/,
  ],
  ['the connection is read in pieces, and the endpoint', /src\/(http\/(?!apollo)|lib\/turns)/],
  ['the gates: ceiling, text, cost, rate', /src\/(operations|realtime)\//],
  ['its answer becomes JSON', /^toJson .*src\/http\/apollo-answer/],
  ['Apollo Server', /@apollo\/(server|utils)|src\/http\/apollo/],
  ['permission: graphql-shield', /graphql-(shield|middleware)|src\/schema\/permissions/],
  ['the record is read: SQL, rows, loaders', /better-sqlite3|kysely|dataloader|src\/(db|modules)\//],
  ['it is executed: graphql-jit', /graphql|@apollo\/subgraph|src\/schema\//],
  ['metrics and log', /src\/observability|prom-client|pino/],
];

/** Not of the service: who profiles it, and time in which it has nothing to do. */
const others = /^\(idle\)|node:inspector/;

/** What each step has of the time that the process was busy, 0 to 1, in the order of the list. */
export function requestSteps(
  times: readonly StackTime[],
): { readonly step: string; readonly share: number }[] {
  const us = new Map([...steps.map(([step]) => step), rest].map((step) => [step, 0]));
  let busyUs = 0;
  for (const { stack, us: time } of times) {
    if (others.test(stack)) continue;
    const step = stepOf(stack.split('\n'));
    us.set(step, us.get(step)! + time);
    busyUs += time;
  }
  return [...us].map(([step, time]) => ({ step, share: time / busyUs }));
}

function stepOf(functions: readonly string[]): string {
  for (const one of functions) {
    const found = steps.find(([, pattern]) => pattern.test(one));
    if (found) return found[0];
  }
  return rest;
}
