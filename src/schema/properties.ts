/** Declares fields that are properties of their parent, and so need no resolver. */

type PropertyFields<P, N extends keyof P> = { readonly [F in N]: (parent: P) => P[F] };

/**
 * Stands in place of resolvers that would return the property of the same name: `...propertiesOf<Parent>()('id', 'name')`.
 * For the compiler there are such resolvers, so it checks that the parent has what the schema promises. In fact there are
 * none: graphql-js then reads the property itself, which costs less than to call a resolver for every field of every event.
 */
export function propertiesOf<P>() {
  return <N extends keyof P>(..._names: readonly N[]): PropertyFields<P, N> => ({}) as PropertyFields<P, N>;
}
