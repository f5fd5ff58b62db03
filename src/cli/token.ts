/** The command `npm run token`: prints a token for development. */
import { issueToken, TokenIssueError } from '../auth/issue-token.ts';
import { permissionsOfRole, roles } from '../auth/roles.ts';
import { permissions } from '../auth/viewer.ts';
import { ConfigError, parseConfig, readEnv } from '../config/config.ts';
import { systemClock } from '../lib/clock.ts';
import { parseCommandLine, runCommand, UsageError } from './command.ts';

const usage = `Prints a token that this service accepts, signed with JWT_SECRET (or, outside production, with the development
secret), for the issuer and audience of the environment.

  npm run -s token -- --role dispatcher --sub ana
  TOKEN=$(npm run -s token -- --role paramedic --sub luis --ambulancia-id 7 --expires-in 30m)

  --sub ID             the user's id (required)
  --role ROLE          ${roles.join(', ')};
                       any other role needs --permissions
  --name NAME          the user's name, as others see it
  --ambulancia-id ID   the ambulance that a paramedic rides with
  --permissions A,B    instead of those of the role: ${permissions.slice(0, 3).join(', ')},
                       ${permissions.slice(3).join(', ')}; "none" for no permissions
  --expires-in TIME    how long it is valid: 45s, 30m, 12h, 7d (default 12h)
  --help               this text

Exit codes: 0 printed, 1 the configuration allows no token, 2 the command line cannot be used.
`;

const options = {
  sub: { type: 'string' },
  role: { type: 'string' },
  name: { type: 'string' },
  'ambulancia-id': { type: 'string' },
  permissions: { type: 'string' },
  'expires-in': { type: 'string', default: '12h' },
} as const;

function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d{1,9})(s|m|h|d)$/.exec(text) ?? [];
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? ''];
  const durationMs = Number(amount) * (unitMs ?? NaN);
  if (!(durationMs > 0))
    throw new UsageError(`--expires-in is "${text}". Allowed: a time such as 45s, 30m, 12h or 7d.`);
  return durationMs;
}

function parsePermissions(text: string): readonly string[] {
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !permissions.some((permission) => permission === name));
  if (unknown.length > 0)
    throw new UsageError(
      `--permissions has "${unknown.join(', ')}". Allowed: ${permissions.join(', ')}, or none.`,
    );
  return names;
}

async function printToken(args: readonly string[]): Promise<number> {
  const values = parseCommandLine(args, options);
  const { sub, role = null, name = null } = values;
  if (!sub?.trim()) throw new UsageError('--sub is missing: the id of the user.');
  const granted = values.permissions === undefined ? null : parsePermissions(values.permissions);
  if (role === null && !granted) throw new UsageError(`--role is missing. Allowed: ${roles.join(', ')}.`);
  if (role !== null && !granted && !permissionsOfRole(role))
    throw new UsageError(`--role is "${role}". Allowed: ${roles.join(', ')}.`);
  const claims = { sub, role, name, permissions: granted, ambulanciaId: values['ambulancia-id'] ?? null };
  const ttlMs = parseDuration(values['expires-in']);
  const token = await issueToken(parseConfig(readEnv()), claims, { ttlMs, clock: systemClock });
  process.stdout.write(`${token}\n`);
  return 0;
}

await runCommand({
  ...{ usage, run: printToken },
  exitCodes: [
    [ConfigError, 1],
    [TokenIssueError, 1],
  ],
});
