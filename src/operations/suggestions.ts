/** What graphql-js puts behind an error about an unknown name: names that are nearly the same. Word by word they tell the schema. */

const suggestion = ' Did you mean ';

/** By the last one alone, since a client's own text may say the same as often as it likes. */
export function withoutSuggestion(message: string): string {
  const at = message.endsWith('?') ? message.lastIndexOf(suggestion) : -1;
  return at < 0 ? message : message.slice(0, at);
}
