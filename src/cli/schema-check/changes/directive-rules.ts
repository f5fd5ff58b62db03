/** Says what it means for clients and for other subgraphs when a directive is added, removed or changed. */

export type Level = 'breaking' | 'dangerous' | 'safe';

export interface Verdict {
  readonly level: Level;
  readonly why: string;
}

export interface DirectiveRule {
  readonly added: Verdict;
  readonly removed: Verdict;
  /** `from` and `to` are the arguments as SDL text. */
  readonly changed: (from: Arguments, to: Arguments) => Verdict;
  /** The argument that distinguishes two uses of the directive on the same element. */
  readonly identity?: string;
  /** Whether it also matters on an element that is itself new. */
  readonly mattersWhenNew?: boolean;
}

type Arguments = ReadonlyMap<string, string>;

const breaking = (why: string): Verdict => ({ level: 'breaking', why });
const dangerous = (why: string): Verdict => ({ level: 'dangerous', why });
const safe = (why: string): Verdict => ({ level: 'safe', why });
const always = (verdict: Verdict) => () => verdict;

const hidden = 'The element leaves the schema that clients see.';
const guarded = 'Viewers who may read it today can be refused.';
const unguarded = 'Viewers who may not read it today can read it.';
const contracts = 'Contracts that filter by tag include or leave out other elements.';
const fetches = 'The router fetches other fields from other subgraphs for it.';
const costs =
  'Routers that limit the cost of operations can refuse one that they accept today, or the reverse.';
const interfaceObject = 'Other subgraphs see another kind of type.';

const access: DirectiveRule = {
  added: breaking(guarded),
  removed: dangerous(unguarded),
  changed: always(breaking(guarded)),
};
const cost: DirectiveRule = {
  added: dangerous(costs),
  removed: dangerous(costs),
  changed: always(dangerous(costs)),
};

const key: DirectiveRule = {
  identity: 'fields',
  added: safe('Other subgraphs can also refer to it by this key.'),
  removed: breaking(
    'Other subgraphs that refer to it by this key no longer compose, or no longer reach its fields.',
  ),
  changed: (_from, to) =>
    to.get('resolvable') === 'false'
      ? breaking('Other subgraphs can no longer reach its fields by this key.')
      : safe('Other subgraphs can reach its fields by this key.'),
};

const override: DirectiveRule = {
  mattersWhenNew: true,
  added: dangerous('The router asks this service instead of the other subgraph as soon as it is composed.'),
  removed: breaking('While the other subgraph still has the field, the supergraph no longer composes.'),
  changed: (from, to) =>
    from.get('from') === to.get('from')
      ? dangerous('The router sends another share of its requests here.')
      : breaking(
          'While the subgraph named until now still has the field, the supergraph no longer composes.',
        ),
};

const rateLimit: DirectiveRule = {
  added: dangerous('Clients can get RATE_LIMITED.'),
  removed: safe('Clients are no longer limited.'),
  changed: (from, to) =>
    Number(to.get('limit')) >= Number(from.get('limit')) &&
    Number(to.get('duration')) <= Number(from.get('duration'))
      ? safe('Clients may do as much as before.')
      : dangerous('Clients can get RATE_LIMITED sooner.'),
};

/** The directives of GraphQL, of Apollo Federation and of this project. */
const rules: Readonly<Record<string, DirectiveRule>> = {
  key,
  override,
  rateLimit,
  shareable: {
    added: safe('Other subgraphs may resolve it too.'),
    removed: breaking('Other subgraphs that resolve it too no longer compose with this one.'),
    changed: always(safe('It stays shareable.')),
  },
  external: {
    added: breaking('This service no longer resolves it.'),
    removed: dangerous('This service now resolves it: the subgraph that owns it must share it.'),
    changed: always(safe('It stays external.')),
  },
  requires: {
    added: dangerous(fetches),
    removed: safe('The router fetches no other fields for it.'),
    changed: always(dangerous(fetches)),
  },
  provides: {
    added: dangerous(fetches),
    removed: dangerous(fetches),
    changed: always(dangerous(fetches)),
  },
  inaccessible: {
    added: breaking(hidden),
    removed: safe('The element joins the schema that clients see.'),
    changed: always(breaking(hidden)),
  },
  interfaceObject: {
    added: breaking(interfaceObject),
    removed: breaking(interfaceObject),
    changed: always(breaking(interfaceObject)),
  },
  filter: {
    added: safe('Subscriptions that differ by it alone are executed together.'),
    removed: safe('Subscriptions that differ by it are executed apart.'),
    changed: always(safe('It stays a filter.')),
  },
  authenticated: access,
  requiresScopes: access,
  policy: access,
  cost,
  listSize: cost,
  tag: {
    identity: 'name',
    added: dangerous(contracts),
    removed: dangerous(contracts),
    changed: always(dangerous(contracts)),
  },
  composeDirective: {
    identity: 'name',
    added: dangerous('The directive becomes part of the supergraph.'),
    removed: dangerous('The directive is no longer part of the supergraph.'),
    changed: always(dangerous('Another directive is part of the supergraph.')),
  },
  link: {
    identity: 'url',
    added: dangerous('Composition also follows this specification.'),
    removed: dangerous('Composition no longer follows this specification.'),
    changed: always(safe('Only the names it imports changed.')),
  },
  oneOf: {
    added: breaking('Inputs with more than one field are refused.'),
    removed: safe('Inputs with more than one field are accepted.'),
    changed: always(safe('It stays the same.')),
  },
  specifiedBy: {
    added: safe('Only documentation.'),
    removed: safe('Only documentation.'),
    changed: always(safe('Only documentation.')),
  },
  deprecated: {
    added: safe('Clients are told to stop using it.'),
    removed: safe('Clients are told that they may use it.'),
    changed: always(safe('Only documentation.')),
  },
};

const unknown = dangerous('This check does not know what the directive does.');

export function ruleOf(directive: string): DirectiveRule {
  return rules[directive] ?? { added: unknown, removed: unknown, changed: always(unknown) };
}
