/** Leaves out what an answer that is given again has besides. */

/**
 * A change is answered with the dispatch, whose assignment is read when somebody asks for it; what is answered again is what its event
 * shows, with the assignment of then.
 */
export function withoutAssignment(answered: unknown): unknown {
  if (typeof answered !== 'object' || answered === null) return answered;
  const { assignment: _, ...rest } = answered as { readonly assignment?: unknown };
  return rest;
}
