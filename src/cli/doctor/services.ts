/** The doctor's checks of other services: whether they answer, and whether their clocks agree with ours. */
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../lib/clock.ts';
import { compareClocks, examine, type Finding, type Findings } from './finding.ts';

const fetchTimeoutMs = 5_000;

export async function examineServices(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { auth, upstreams } = config;
  const looks: Promise<readonly Finding[]>[] = [];
  if (auth.kind === 'jwks')
    looks.push(
      examine(
        `key set ${auth.jwksUrl}`,
        clock,
        'Check JWKS_URL, and that a network policy or firewall lets this machine out.',
        (findings) => examineKeySet(auth.jwksUrl, findings),
      ),
    );
  const services = [
    { name: 'MS Despacho', variable: 'MS_DESPACHO_URL', service: upstreams.despacho },
    { name: 'MS Auth', variable: 'MS_AUTH_URL', service: upstreams.auth },
  ];
  for (const { name, variable, service } of services) {
    if (!service) continue;
    looks.push(
      examine(`${name} ${service.url}`, clock, `Check ${variable}, and that the service runs.`, (findings) =>
        examineService(service.url, findings),
      ),
    );
  }
  return (await Promise.all(looks)).flat();
}

async function examineKeySet(url: string, findings: Findings): Promise<void> {
  const askedAt = Date.now();
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(fetchTimeoutMs) });
  if (!response.ok) throw new Error(`answers with HTTP ${response.status}`);
  const keySet = (await response.json()) as JSONWebKeySet;
  // Throws when it is not a key set.
  createLocalJWKSet(keySet);
  const { length } = keySet.keys;
  if (length === 0)
    findings.problem('has no keys: no token can be verified', 'Ask the people who run the issuer.');
  else findings.ok(`answers with ${length} key${length === 1 ? '' : 's'}`);
  examineDate(response, askedAt, 'the token issuer', findings);
}

/** Any answer below 500 shows that the service runs: there is no request that every such service answers with success. */
async function examineService(url: string, findings: Findings): Promise<void> {
  const askedAt = Date.now();
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(fetchTimeoutMs) });
  await response.body?.cancel();
  if (response.status >= 500)
    findings.warning(`answers with HTTP ${response.status}`, 'Look into its log: calls to it may fail.');
  else findings.ok('answers');
  examineDate(response, askedAt, 'it', findings);
}

function examineDate(response: Response, askedAt: number, whose: string, findings: Findings): void {
  const date = Date.parse(response.headers.get('date') ?? '');
  // The header has whole seconds.
  if (!Number.isNaN(date)) compareClocks(findings, whose, date, askedAt - 1_000);
}
