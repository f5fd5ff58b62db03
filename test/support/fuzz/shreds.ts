/** What requests made by chance have in them that nobody would write. */

type Some<T> = readonly [T, ...T[]];

/** What is put into texts: parts of the language, parts of other languages, and characters that are often forgotten. */
export const shreds: Some<string> = [
  ...([
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '!',
    '$',
    '@',
    '...',
    ':',
    '=',
    '|',
    '&',
    '#',
    ',',
    '"',
    '"""',
  ] as const),
  ...['\\', '\n', '\0', '\ufeff', '\u2028', '\u202e', '👾', '"\\ud800"', '"\\u{110000}"', '"ñ漢👾"'],
  ...[
    'query',
    'mutation',
    'subscription',
    'fragment',
    'on',
    'null',
    'true',
    'extend',
    'schema',
    '__typename',
  ],
  ...['__schema', '__type(name: "Query")', '_service { sdl }', '_entities(representations: [])', '__proto__'],
  ...['constructor', '$__proto__', '@include(if: true)', '@skip(if: $no)', '@defer', '@stream'],
  ...['@rateLimit(limit: 1)', '0', '-1', '1e999', '9007199254740993', '2147483648', '0x10', '1.'],
  ...['limit: 501', 'limit: -1', 'after: "eyJ"', 'id: [[[[1]]]]', 'id: { a: 1 }'],
];

/** Values of variables that no argument has. */
export const oddValues: Some<unknown> = [
  ...([null, true, 0, -1, 1.5, 1e308, 2 ** 53, '', '\0', '\ud800', '__proto__', 'a'.repeat(5_000)] as const),
  ...[[], [[]], [null], {}, { id: {} }, { __typename: 'Query' }, [{ __typename: 'Dispatch' }]],
  { constructor: 1 },
];

const times = (count: number, make: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => make(at)).join(' ');

/** Texts that grow with a size up to 400, in a way that makes work. */
export const hostileTexts: Some<(size: number) => string> = [
  (size) => `{ user(id: ${'['.repeat(10 * size)}${']'.repeat(10 * size)}) { id } }`,
  (size) => `${'{ a '.repeat(size)}${'}'.repeat(size)}`,
  (size) => `{ ${'... { '.repeat(size)}__typename${' }'.repeat(size)} }`,
  (size) => `{ ...A } ${'fragment A on Query { ...A ...A } '.repeat(size / 20)}`,
  (size) =>
    `{ ...F0 } ${times(size / 8, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`)} fragment F${Math.floor(size / 8)} on Query { __typename }`,
  (size) => `{ ${times(size, (at) => `a${at}: __typename`)} }`,
  (size) => `{ __typename ${'@include(if: true) '.repeat(size)} }`,
  (size) => `query (${times(size, (at) => `$v${at}: ID`)}) { __typename }`,
  (size) => `{ ${'despachos { historial { dispatch { id } } } '.repeat(size / 5)} }`,
  (size) => 'query Q { __typename } '.repeat(size / 5),
  (size) => `{ dispatch(id: "${'\\n'.repeat(20 * size)}") { id } }`,
  (size) => `{ dispatch(id: """${'"" '.repeat(size)}""") { id } }`,
  (size) => `{ __typename } ${'#\n'.repeat(20 * size)}`,
  (size) => `type A { a: Int } ${'extend type A { b: Int } '.repeat(size / 5)}`,
  (size) =>
    `{ __schema { types { fields { type { ${'ofType { '.repeat(size / 20)}name${' }'.repeat(size / 20)} } } } } }`,
  (size) => String.fromCodePoint(...Array.from({ length: size }, (_, at) => 1 + ((at * 7_919) % 0xd7fe))),
];
