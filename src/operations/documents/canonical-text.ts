/** Says the same of all texts that are one operation, however a client sets them. */
import { GraphQLError, parse, print, type ParseOptions } from 'graphql';

/** White space, commas, comments and the order of operation and fragments mean nothing. Null for what is no text of GraphQL. */
export function canonicalText(text: string, parseOptions: ParseOptions): string | null {
  try {
    const { definitions } = parse(text, { ...parseOptions, noLocation: true });
    return definitions
      .map((definition) => print(definition))
      .sort()
      .join('\n');
  } catch (error) {
    // Of a stack that is too small, as `parse` throws it for lists within lists.
    if (error instanceof GraphQLError || error instanceof RangeError) return null;
    throw error;
  }
}
