/** The doctor's checks of what the settings show to whom, and whether bounds that belong together fit each other. */
import type { Config } from '../../config/config.ts';
import { isWeak } from '../../config/secret-strength.ts';
import type { Clock } from '../../lib/clock.ts';
import { examine, type Finding, type Findings } from './finding.ts';

/** Of a reference as a router writes it, with an id of 16 characters. */
const bytesPerReference = 52;

export async function examineExposure(config: Config, clock: Clock): Promise<readonly Finding[]> {
  return examine('exposure', clock, 'See the message.', (findings) => {
    examineSecret(config, findings);
    examineSchema(config, findings);
    examineReadiness(config, findings);
    examineCallbacks(config, findings);
    examineBodies(config, findings);
    return Promise.resolve();
  });
}

/** Production refuses what is weak before anything is examined; elsewhere it is taken. */
function examineSecret({ secrets, auth }: Config, findings: Findings): void {
  const secret = secrets.jwtSecret?.reveal();
  // Of the development's own secret the configuration says it itself.
  if (secret === undefined || (auth.kind === 'secret' && auth.usesDevelopmentSecret) || !isWeak(secret))
    return;
  findings.warning(
    'JWT_SECRET is easily guessed, which production refuses',
    'Make a random one: openssl rand -base64 48.',
  );
}

const sdlIsFor = {
  anybody: 'the SDL is for anybody',
  viewers: 'the SDL is for viewers',
  nobody: 'the SDL is for nobody',
};

function examineSchema({ isProduction, http }: Config, findings: Findings): void {
  const says = sdlIsFor[http.sdlReaders];
  if (isProduction && http.sdlReaders === 'anybody')
    findings.warning(
      `${says}, who so learns what introspection would tell`,
      'Set SDL_READERS to viewers, unless the schema is meant to be public.',
    );
  else findings.ok(says);
}

function examineReadiness({ http, secrets }: Config, findings: Findings): void {
  if (http.metricsPort !== null)
    findings.ok(`metrics and the details of readiness are at port ${http.metricsPort} alone`);
  else
    findings.ok(
      'metrics are at the port of clients: keep them inside by what stands in front, or set METRICS_PORT',
    );
  if (secrets.healthDetailsToken)
    findings.ok('readiness tells its details to whoever shows the token for them');
}

function examineCallbacks({ callbacks }: Config, findings: Findings): void {
  const whole = callbacks.allowedAddresses.filter((address) => new URL(address).pathname === '/');
  if (whole.length > 0)
    findings.ok(
      `callbacks may go to any path of ${whole.join(', ')}: CALLBACK_ORIGINS may name the path too`,
    );
}

function examineBodies({ http, limits }: Config, findings: Findings): void {
  const fitting = Math.floor(http.maxBodyBytes / bytesPerReference);
  if (fitting < limits.maxReferences)
    findings.warning(
      `a request body has room for about ${fitting} references, and an operation may have ${limits.maxReferences}`,
      `Raise MAX_BODY_BYTES to ${limits.maxReferences * bytesPerReference} or more: a larger join by a router is refused.`,
    );
  else findings.ok(`as many references as an operation may have (${limits.maxReferences}) fit into a body`);
}
