/** What the configuration promises: its defaults, all problems at once, and that nothing secret is shown. */
import { randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { describeConfig, parseConfig } from '../../src/config/config.ts';
import { requestsPerMinute, subscribesPerMinute } from '../../src/config/rates.ts';
import { problemsOf } from '../support/config-problems.ts';

const production = { NODE_ENV: 'production', JWT_SECRET: 'pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz' };

/** Every secret that this repository shows to everybody. */
function examplesOfSecrets(): string[] {
  const files = globSync([
    'k8s/**/*.yaml',
    'docs/**/*.md',
    'bench/**/*.ts',
    '*.{md,yml,yaml}',
    '.env.example',
  ]);
  const found = files.flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(/JWT_SECRET(?:=|: )["']?([^\s"'$`]{32,})/g),
  ]);
  const examples = found.map(([, secret]) => secret!);
  // The ones of the two overlays and of the bench, at least.
  if (examples.length < 3) throw new Error(`Only ${examples.length} examples of secrets were found.`);
  return examples;
}

describe('an empty environment', () => {
  test('starts the service on its embedded defaults', () => {
    expect(parseConfig({})).toMatchObject({
      environment: 'development',
      http: { port: 4004, host: null, corsOrigins: '*', trustProxy: false, playground: true },
      limits: { maxDepth: 12, maxPageSize: 500, rateLimitScale: 1, rateLimitExemptRoles: ['system'] },
      auth: { kind: 'secret', usesDevelopmentSecret: true, issuer: null, audience: null },
      stores: { kind: 'memory', redisPrefix: 'dispatch:' },
      record: { kind: 'sqlite', dataDir: '.data' },
    });
  });

  test('warns that everybody knows the development secret', () => {
    expect(parseConfig({}).warnings).toEqual([expect.stringContaining('development secret')]);
  });

  test('is what empty and blank values are taken for', () => {
    expect(parseConfig({ PORT: '', REDIS_URL: ' ', JWT_SECRET: '' })).toEqual(parseConfig({}));
  });
});

describe('limits of rates', () => {
  const used = (env: Record<string, string>) => subscribesPerMinute(parseConfig(env));

  test('agree with what a viewer may have, by default', () => {
    expect(parseConfig(production).warnings).toEqual([]);
    expect(used({})).toBe(10_000);
    expect(requestsPerMinute(parseConfig({}))).toBe(120_000);
  });

  test('are never so small that a viewer cannot bring back all that they may have, and a warning says so', () => {
    const env = { ...production, SUBSCRIBES_PER_MINUTE: '10', MAX_SUBSCRIPTIONS_PER_VIEWER: '50' };
    expect(used(env)).toBe(100);
    expect(parseConfig(env).warnings).toEqual([
      expect.stringMatching(/^SUBSCRIBES_PER_MINUTE \(10\) is less than 100.*: 100 is used instead\.$/),
    ]);
    const scaled = { ...production, RATE_LIMIT_SCALE: '0.01' };
    expect(used(scaled)).toBe(10_000);
    expect(parseConfig(scaled).warnings).toEqual([
      expect.stringContaining('SUBSCRIBES_PER_MINUTE (10000) times RATE_LIMIT_SCALE (0.01)'),
      expect.stringContaining('REQUESTS_PER_MINUTE (120000) times RATE_LIMIT_SCALE (0.01)'),
      expect.stringMatching(
        /^CONNECTS_PER_MINUTE \(600\) times .* less than 200, 2 times MAX_CONNECTIONS_PER_VIEWER.*: 200 is used/,
      ),
    ]);
  });

  test('are off where that is said', () => {
    expect(used({ RATE_LIMIT_SCALE: '0', SUBSCRIBES_PER_MINUTE: '1' })).toBeNull();
    expect(parseConfig({ ...production, RATE_LIMIT_SCALE: '0' }).warnings).toEqual([]);
  });
});

test('a configuration cannot be changed, however deep', () => {
  const config = parseConfig({ REDIS_URL: 'redis://one:1,redis://two:2', DATABASE_URL: 'postgres://h/db' });
  const limits = config.limits as { maxDepth: number };
  const nodes = config.stores.redisNodes as string[];
  expect(() => (limits.maxDepth = 99)).toThrow(TypeError);
  expect(() => nodes.push('redis://three:3')).toThrow(TypeError);
});

describe('what is wrong', () => {
  test('is reported all at once, each with what is allowed', () => {
    const env = { PORT: '70000', MAX_DEPTH: 'deep', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://h/db' };
    expect(() => parseConfig(env)).toThrow(
      [
        'The configuration does not allow a start:',
        '  DATABASE_URL is not such a URL. Allowed: postgres://… or postgresql://….',
        '  PORT is "70000". Allowed: an integer from 0 to 65535.',
        '  MAX_DEPTH is "deep". Allowed: an integer from 1 to 100.',
        '  LOG_LEVEL is "loud". Allowed: fatal, error, warn, info, debug, trace, silent.',
      ].join('\n'),
    );
  });

  test.each([
    [{ NODE_ENV: 'staging' }, 'NODE_ENV is "staging"'],
    [{ PORT: '40.5' }, 'PORT is "40.5"'],
    [{ PORT: '0x10' }, 'PORT is "0x10"'],
    [{ PORT: '-1' }, 'PORT is "-1"'],
    [{ HOST: 'http://me' }, 'HOST is "http://me"'],
    [{ MESSAGE_PERMISSIONS: 'all' }, 'MESSAGE_PERMISSIONS is "all"'],
    [{ RATE_LIMIT_SCALE: 'Infinity' }, 'RATE_LIMIT_SCALE is "Infinity"'],
    [{ RATE_LIMIT_SCALE: '-0.5' }, 'RATE_LIMIT_SCALE is "-0.5"'],
    [{ EVENT_LOG_MAX_AGE_MS: '24h' }, 'EVENT_LOG_MAX_AGE_MS is "24h"'],
    [{ REDIS_PREFIX: 'a{b}' }, 'REDIS_PREFIX is "a{b}"'],
    [{ REDIS_URL: 'localhost:6379' }, 'REDIS_URL is not such a URL'],
    [{ REDIS_URL: 'redis://' }, 'REDIS_URL names no host'],
    [{ REDIS_URL: 'redis://h/abc' }, 'REDIS_URL names a database that is no number'],
    [{ REDIS_URL: 'redis://h/1/2' }, 'REDIS_URL names a database that is no number'],
    [{ REDIS_URL: 'redis://h?db=3' }, 'REDIS_URL has a query or a fragment'],
    [{ REDIS_URL: 'redis://u:50%@h' }, 'REDIS_URL has a % that stands for no character'],
    [
      { REDIS_URL: 'redis+sentinel://a:1,b:2' },
      'REDIS_URL does not name the primary that the Sentinels watch',
    ],
    [{ REDIS_URL: 'redis+sentinel://a:1,b:x/p' }, 'REDIS_URL is not such a URL'],
    [{ REDIS_CA_FILE: '/nowhere/ca.pem' }, 'REDIS_CA_FILE names a file that cannot be read (ENOENT)'],
    [{ REDIS_URL: 'redis://a:1,rediss://b:2' }, 'REDIS_URL mixes redis:// and rediss://'],
    [
      { REDIS_URL: 'redis://a:1/3,redis://b:2/3' },
      'REDIS_URL names a database of a cluster, which has only 0',
    ],
    [{ CORS_ORIGIN: 'https://a.example/app' }, 'CORS_ORIGIN has an item that is no origin'],
    [{ CORS_ORIGIN: 'https://*.example' }, 'CORS_ORIGIN has an item that is no origin'],
    [{ CORS_ORIGIN: '*,https://a.example' }, 'CORS_ORIGIN has an item that is no origin'],
    [{ CALLBACK_ORIGINS: '*' }, 'CALLBACK_ORIGINS has an item that is no origin'],
    [{ CALLBACK_ORIGINS: 'http://router:4000/callback?x' }, 'CALLBACK_ORIGINS has an item that is no origin'],
    [{ CALLBACK_ORIGINS: 'http://router:4000/a%2fb' }, 'CALLBACK_ORIGINS has an item that is no origin'],
    [{ CALLBACK_ORIGINS: 'http://u:pw@router:4000/a' }, 'CALLBACK_ORIGINS has an item that is no origin'],
    [{ SDL_READERS: 'everybody' }, 'SDL_READERS is "everybody"'],
    [{ BOARD: 'yes' }, 'BOARD is "yes"'],
    [
      { BOARD_TILES_URL: 'https://tiles.example/{z}/{x}.png' },
      'BOARD_TILES_URL is "https://tiles.example/{z}/{x}.png"',
    ],
    [
      { BOARD_TILES_URL: 'https://a.example/; script-src *;/{z}/{x}/{y}' },
      'BOARD_TILES_URL is "https://a.example/; script-src *;/{z}/{x}/{y}"',
    ],
    [{ METRICS_PORT: 'on' }, 'METRICS_PORT is "on"'],
    [{ METRICS_PORT: '4004' }, 'METRICS_PORT is the same as PORT'],
    [{ CALLBACK_ORIGINS: 'ftp://router' }, 'CALLBACK_ORIGINS has an item that is no origin'],
    [{ TRUST_PROXY: '10.0.0.0/33' }, 'TRUST_PROXY is none of these'],
    [{ TRUST_PROXY: 'everybody' }, 'TRUST_PROXY is none of these'],
    [{ JWT_SECRET: 'a', JWKS_URL: 'https://id.example/jwks' }, 'JWKS_URL stands beside JWT_SECRET'],
    [
      { EXCLUSIVE_AMBULANCES: 'on', MS_DESPACHO_URL: 'http://despacho.example' },
      'EXCLUSIVE_AMBULANCES stands beside MS_DESPACHO_URL: MS Despacho chooses the ambulances',
    ],
    [{ JWKS_URL: 'https://me:pw@id.example/jwks' }, 'JWKS_URL holds a user or a password'],
    [{ JWKS_URL: 'file:///jwks.json' }, 'JWKS_URL is not such a URL'],
    [{ MS_DESPACHO_URL: 'http://u:pw@despacho:8001' }, 'MS_DESPACHO_URL holds a user or a password'],
    [{ MS_AUTH_URL: 'auth' }, 'MS_AUTH_URL is not such a URL'],
    [{ SHUTDOWN_DRAIN_MS: '30000' }, 'SHUTDOWN_DRAIN_MS is longer than SHUTDOWN_DEADLINE_MS'],
    [
      { MAX_OPEN_OPERATION_BYTES: '1000000' },
      'MAX_OPEN_OPERATION_BYTES_PER_VIEWER is larger than MAX_OPEN_OPERATION_BYTES',
    ],
    [{ MAX_UNREAD_BYTES: '1000000' }, 'MAX_UNREAD_BYTES_PER_VIEWER is larger than MAX_UNREAD_BYTES'],
  ])('%j', (env, problem) => {
    expect(problemsOf(env as Record<string, string>)).toEqual([problem]);
  });

  test('never repeats a value that may be secret', () => {
    const env = {
      NODE_ENV: 'production',
      JWT_SECRET: 'hush',
      REDIS_URL: 'http://u:hush@h',
      DATABASE_URL: 'postgres://u:hush@h:port/db',
      JWKS_URL: 'https://u:hush@h',
    };
    expect(problemsOf(env)).toHaveLength(5);
    expect(problemsOf(env).join()).not.toContain('hush');
  });
});

describe('production', () => {
  test('refuses to start without anything to verify tokens with', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual(['JWT_SECRET and JWKS_URL are both unset']);
  });

  test.each(['short', 'the-development-secret-of-the-dispatch-subgraph-known-to-everybody'])(
    'refuses the secret "%s"',
    (secret) => {
      expect(problemsOf({ NODE_ENV: 'production', JWT_SECRET: secret })).toEqual([
        'JWT_SECRET is easily guessed',
      ]);
      expect(parseConfig({ JWT_SECRET: secret }).warnings).toHaveLength(1);
    },
  );

  test.each([
    ...['x'.repeat(64), 'hush'.repeat(16), '0123456789'.repeat(4), 'abcdefghijklmnopqrstuvwxyz012345'],
    ...['correct horse battery staple tomato', 'my-very-long-jwt-signing-key-for-production'],
    ...['change-me-change-me-change-me-8Q3vZ', 'your-256-bit-secret-9xKq2LmZ7pRt4Vw8'],
    ...examplesOfSecrets(),
  ])('refuses the weak or well-known secret "%s", as the one before, too', (weak) => {
    expect(problemsOf({ ...production, JWT_SECRET: weak })).toEqual(['JWT_SECRET is easily guessed']);
    expect(problemsOf({ ...production, JWT_SECRET_PREVIOUS: weak })).toEqual([
      'JWT_SECRET_PREVIOUS is easily guessed',
    ]);
  });

  test('takes the secrets that openssl makes', () => {
    for (const form of ['base64', 'hex'] as const)
      for (let count = 0; count < 50; count++) {
        const secret = randomBytes(form === 'hex' ? 32 : 48).toString(form);
        expect(problemsOf({ ...production, JWT_SECRET: secret })).toEqual([]);
      }
  });

  test('refuses a secret before none', () => {
    expect(problemsOf({ JWKS_URL: 'https://id.example/jwks', JWT_SECRET_PREVIOUS: 'b' })).toEqual([
      'JWT_SECRET_PREVIOUS stands without JWT_SECRET',
    ]);
  });

  test('refuses Redis without a shared record, which development only warns about', () => {
    const env = { REDIS_URL: 'redis://h' };
    expect(problemsOf({ ...production, ...env })).toEqual([
      expect.stringContaining('REDIS_URL is set without DATABASE_URL'),
    ]);
    expect(parseConfig(env).warnings).toContainEqual(
      expect.stringContaining('REDIS_URL is set without DATABASE_URL'),
    );
    expect(parseConfig({ ...production, ...env, DATABASE_URL: 'postgres://h/db' }).warnings).toEqual([]);
  });

  test('lets no browser in and shows no playground unless told so', () => {
    expect(parseConfig(production).http).toMatchObject({
      corsOrigins: [],
      playground: false,
      introspection: false,
      sdlReaders: 'viewers',
    });
    expect(parseConfig({}).http.sdlReaders).toBe('anybody');
    const open = parseConfig({ ...production, CORS_ORIGIN: '*' });
    expect(open.http.corsOrigins).toBe('*');
    expect(open.warnings).toEqual([expect.stringContaining('CORS_ORIGIN')]);
  });

  test('takes a key set instead of a secret', () => {
    const config = parseConfig({
      NODE_ENV: 'production',
      JWKS_URL: 'https://id.example/jwks',
      JWT_AUDIENCE: 'dispatch',
    });
    expect(config.auth).toEqual({
      kind: 'jwks',
      jwksUrl: 'https://id.example/jwks',
      issuer: null,
      requiresExpiry: true,
      audience: 'dispatch',
    });
    expect(config.secrets.jwtSecret).toBeNull();
    expect(config.warnings).toEqual([]);
  });
});

describe("the users' own services", () => {
  test('are asked at their usual paths unless others are named', () => {
    const { upstreams } = parseConfig({
      MS_DESPACHO_URL: 'http://despacho:8001',
      MS_AUTH_URL: 'http://auth:8000/',
    });
    expect(upstreams).toMatchObject({
      despacho: { url: 'http://despacho:8001/api/v1', timeoutMs: 3_000, pollMs: 2_000 },
      auth: { url: 'http://auth:8000/graphql', cacheMs: 300_000, fallbackRole: null },
    });
    const named = parseConfig({ MS_DESPACHO_URL: 'http://gw/despacho/api/' }).upstreams;
    expect(named).toMatchObject({ despacho: { url: 'http://gw/despacho/api' }, auth: null });
  });

  test('MS Auth is enough to verify tokens with in production, and nobody then knows how to sign one', () => {
    const config = parseConfig({ NODE_ENV: 'production', MS_AUTH_URL: 'http://auth:8000' });
    expect(config.auth.kind).toBe('none');
    expect(config.secrets.jwtSecret).toBeNull();
    expect(config.warnings).toEqual([]);
    expect(parseConfig({ NODE_ENV: 'production', MS_AUTH_URL: 'http://auth.example' }).warnings).toEqual([
      expect.stringContaining('MS_AUTH_URL is not https'),
    ]);
  });

  test('MS Despacho needs a shared database as soon as there are several processes', () => {
    const env = { MS_DESPACHO_URL: 'http://despacho:8001', REDIS_URL: 'redis://h' };
    expect(problemsOf(env)).toEqual([expect.stringContaining('MS_DESPACHO_URL stands beside REDIS_URL')]);
    expect(problemsOf({ ...env, DATABASE_URL: 'postgres://h/db' })).toEqual([]);
  });
});

describe('forms', () => {
  test.each([
    ['https://A.example:443/, http://b.example:3000', ['https://a.example', 'http://b.example:3000']],
    ['capacitor://localhost', ['capacitor://localhost']],
    ['none', []],
  ])('CORS_ORIGIN=%s', (value, origins) => {
    expect(parseConfig({ CORS_ORIGIN: value }).http.corsOrigins).toEqual(origins);
  });

  test('CALLBACK_ORIGINS is empty unless it is set, and takes several origins, with paths or without', () => {
    expect(parseConfig({}).callbacks.allowedAddresses).toEqual([]);
    const value = 'http://Router:80, https://b.example:4000/, http://router:4000/Callback/, http://c/a/../b';
    expect(parseConfig({ CALLBACK_ORIGINS: value }).callbacks.allowedAddresses).toEqual([
      ...['http://router', 'https://b.example:4000'],
      ...['http://router:4000/Callback', 'http://c/b'],
    ]);
  });

  test.each([
    ['off', false],
    ['on', true],
    ['2', 2],
    ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
  ])('TRUST_PROXY=%s', (value, trusted) => {
    expect(parseConfig({ TRUST_PROXY: value }).http.trustProxy).toEqual(trusted);
  });

  test.each([
    ['1', 'TRUST_PROXY is a count'],
    ['on', 'TRUST_PROXY is on'],
  ])('TRUST_PROXY=%s is believed only with a warning', (value, warning) => {
    expect(parseConfig({ ...production, TRUST_PROXY: value }).warnings).toEqual([
      expect.stringContaining(warning),
    ]);
    expect(parseConfig({ ...production, TRUST_PROXY: '10.0.0.0/8' }).warnings).toEqual([]);
  });

  test('HEALTH_DETAILS_TOKEN is a secret; one that is easily guessed is warned about', () => {
    const { secrets, warnings } = parseConfig({ ...production, HEALTH_DETAILS_TOKEN: 'hush' });
    expect(`${secrets.healthDetailsToken} ${JSON.stringify(secrets)}`).not.toContain('hush');
    expect(warnings).toEqual([expect.stringContaining('HEALTH_DETAILS_TOKEN is easily guessed')]);
  });

  test('RATE_LIMIT_EXEMPT_ROLES=none exempts nobody', () => {
    expect(parseConfig({ RATE_LIMIT_EXEMPT_ROLES: 'none' }).limits.rateLimitExemptRoles).toEqual([]);
    expect(parseConfig({ RATE_LIMIT_EXEMPT_ROLES: 'admin, system' }).limits.rateLimitExemptRoles).toEqual([
      'admin',
      'system',
    ]);
  });
});

test('secrets are there to use, and show nowhere', () => {
  const config = parseConfig({
    ...production,
    JWT_SECRET: 'hush-pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz',
    REDIS_URL: 'rediss://u:hush@r1:6379,rediss://u:hush@r2:6379',
    DATABASE_URL: 'postgres://u:hush@db:5432/dispatch?password=hush',
  });
  expect(config.secrets.jwtSecret?.reveal()).toBe('hush-pX4vQ0sZ7mKd2LrT9bWn6HyC3gUe8JfA5tRz');
  const { stores, record } = config;
  expect(stores.kind === 'redis' && stores.redisUrl.reveal()).toContain('u:hush@r2:6379');
  expect(record.kind === 'postgres' && record.url.reveal()).toContain('u:hush@db:5432');

  expect(describeConfig(config)).toMatchObject({
    stores: { redisNodes: ['rediss://r1:6379', 'rediss://r2:6379'] },
    record: { server: 'postgres://db:5432/dispatch' },
  });
  const shown = [
    JSON.stringify(describeConfig(config)),
    JSON.stringify(config),
    inspect(config, { depth: 9 }),
  ];
  for (const text of [...shown, `${config.secrets.jwtSecret}`]) expect(text).not.toContain('hush');
});

describe('a name that nearly is one of ours', () => {
  test.each([
    ['REDIS_ULR', 'REDIS_URL'],
    ['redis_url', 'REDIS_URL'],
    ['JWT_SECRETS', 'JWT_SECRET'],
    ['MAX_ALIAS', 'MAX_ALIASES'],
    ['PROT', 'PORT'],
    ['JTW_SECERT', 'JWT_SECRET'],
  ])('%s is asked about', (name, meant) => {
    expect(parseConfig({ ...production, [name]: '' }).warnings).toEqual([
      `${name} is not a variable of this service. Is ${meant} meant?`,
    ]);
  });

  test.each(['HOME', 'PATH', 'HOSTNAME', 'REDIS_PORT', 'TROP', 'npm_config_port', 'KUBERNETES_PORT'])(
    '%s is left alone',
    (name) => {
      expect(parseConfig({ ...production, [name]: 'x' }).warnings).toEqual([]);
    },
  );
});
