/** What an error means for an operation: whether it passes by itself, and what has to be done first. */

export interface GraphQLProblem {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Why an operation has ended for good. */
export class LiveError extends Error {
  override readonly name = 'LiveError';
  /** The errors of the answer; empty where the connection was refused. */
  readonly errors: readonly GraphQLProblem[];

  constructor(message: string, errors: readonly GraphQLProblem[] = []) {
    super(message);
    this.errors = errors;
  }

  /** `extensions.code` of the first error that has one. */
  get code(): string | undefined {
    return this.errors.map(codeOf).find((code) => code !== undefined);
  }
}

export type Verdict =
  | { readonly kind: 'passes'; readonly afterMs: number | undefined }
  /** With another token it may go on. */
  | { readonly kind: 'token' }
  | { readonly kind: 'final' };

const finalCodes = new Set([
  ...['FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT', 'BAD_REQUEST', 'CURSOR_TOO_OLD', 'COST_EXCEEDED'],
  ...['INVALID_TRANSITION', 'CONFLICT', 'AMBULANCE_BUSY', 'QUERY_NOT_IN_SAFELIST'],
]);
/** Of documents and variables that are wrong, here and at routers, of operations by hash, and of what is too large. */
const finalKinds = /^(GRAPHQL|PERSISTED|PARSING|VALIDATION|UNSUPPORTED)_|_TOO_LARGE$/;

const codeOf = ({ extensions }: GraphQLProblem) => extensions?.['code'] as string | undefined;
const retryAfterMs = ({ extensions }: GraphQLProblem) => extensions?.['retryAfterMs'] as number | undefined;

function isFinal(problem: GraphQLProblem): boolean {
  const code = codeOf(problem);
  if (code === 'UNAUTHENTICATED') return problem.extensions?.['reason'] === 'SESSION_ENDED';
  if (code === 'LIMIT_EXCEEDED') return retryAfterMs(problem) === undefined;
  return code !== undefined && (finalCodes.has(code) || finalKinds.test(code));
}

/** Routers add errors of their own to those of the service: the one that says most counts. */
export function judge(errors: readonly GraphQLProblem[]): Verdict {
  if (errors.some(isFinal)) return { kind: 'final' };
  if (errors.some((error) => codeOf(error) === 'UNAUTHENTICATED')) return { kind: 'token' };
  const waits = errors.map(retryAfterMs).filter((ms) => ms !== undefined);
  return { kind: 'passes', afterMs: waits.length > 0 ? Math.max(...waits) : undefined };
}

export const toLiveError = (errors: readonly GraphQLProblem[]): LiveError =>
  new LiveError(errors[0]?.message ?? 'No answer came.', errors);
