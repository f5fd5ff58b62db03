/** Whom a channel of messages is for, as its name says. */

export interface Audience {
  readonly kind: 'everybody' | 'role' | 'user' | 'dispatch';
  /** The role, or the id of the user or dispatch; empty for everybody. */
  readonly name: string;
}

const everybody: Audience = { kind: 'everybody', name: '' };

/** `role:<role>`, `user:<id>` and `dispatch:<id>`, with or without more behind. Another spelling would look like one of these. */
const reserved = /^(role|user|dispatch):([^:]*)/i;

export function audienceOf(channel: string): Audience {
  const [, word, name = ''] = reserved.exec(channel) ?? [];
  return word === undefined ? everybody : { kind: word.toLowerCase() as Audience['kind'], name };
}
