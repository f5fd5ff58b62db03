/** Reads a CPU profile of V8: how much time passed in each stack of functions. */

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly children?: readonly number[];
}

/** The format that Chrome's developer tools open. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** The innermost node of each sample. */
  readonly samples: readonly number[];
  /** Microseconds from one sample to the next. */
  readonly timeDeltas: readonly number[];
}

export interface StackTime {
  /** Functions from the innermost one outwards, each with its file. */
  readonly stack: string;
  readonly us: number;
}

export function stackTimes({ nodes, samples, timeDeltas }: CpuProfile): StackTime[] {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url } }) => [id, `${functionName} ${url}`.trim()]),
  );
  const us = new Map<number, number>();
  samples.forEach((id, index) => us.set(id, (us.get(id) ?? 0) + timeDeltas[index]!));
  return [...us].map(([id, time]) => {
    const stack: string[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.push(names.get(at)!);
    return { stack: stack.join('\n'), us: time };
  });
}
