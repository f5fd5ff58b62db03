/** The command `npm run dev:upstreams`: runs stand-ins of MS Despacho and MS Auth, to try this service with. Their data is in memory only. */
import { parseCommandLine, readNumber, runCommand } from '../../../src/cli/command.ts';
import { startMsAuth } from './ms-auth.ts';
import { startMsDespacho } from './ms-despacho.ts';

const usage = `Starts stand-ins of MS Despacho and MS Auth, and says how to start the service in front of them.

  npm run dev:upstreams

  --despacho-port N   default 8001; 0: any that is free
  --auth-port N       default 8000; 0: any that is free
  --help              this text

Exit codes: 1 a port is taken, 2 the command line is wrong. Ctrl-C ends it.`;

const laPaz = { lat: -16.5, lng: -68.15 };
const ambulances = 30;
const options = {
  'despacho-port': { type: 'string', default: '8001' },
  'auth-port': { type: 'string', default: '8000' },
} as const;

/** Of a stand-in that cannot listen. */
class PortTaken extends Error {}

async function startAt<T>(option: keyof typeof options, text: string, start: (port: number) => Promise<T>) {
  const port = readNumber(`--${option}`, text, { min: 0, max: 65_535 });
  return start(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new PortTaken(`Port ${port} is taken: choose another one with --${option}.`);
  });
}

async function run(args: readonly string[]): Promise<number> {
  const ports = parseCommandLine(args, options);
  const despacho = await startAt('despacho-port', ports['despacho-port'], (port) =>
    startMsDespacho({ port, isFleetEndless: false }),
  );
  const auth = await startAt('auth-port', ports['auth-port'], (port) => startMsAuth({ port })).catch(
    async (error: unknown) => {
      await despacho.close();
      throw error;
    },
  );
  for (let index = 0; index < ambulances; index++)
    despacho.model.addAmbulance(laPaz.lat + (index % 6) / 100, laPaz.lng + Math.floor(index / 6) / 100);
  const tokens = ['dispatcher', 'system', 'admin'].map((role) => {
    const user = auth.addUser([role], role === 'dispatcher' ? 'Ana Flores' : role);
    return [role, auth.login(user)] as const;
  });
  console.log(instructions(despacho.url, `${auth.url}/graphql`, tokens));
  return 0;
}

function instructions(
  despachoUrl: string,
  authUrl: string,
  tokens: readonly (readonly [string, string])[],
): string {
  const [, dispatcher = ''] = tokens[0] ?? [];
  return `MS Despacho stands at ${despachoUrl}, MS Auth at ${authUrl}. Ctrl-C ends both.

Start the service in front of them, in a second terminal:

  MS_DESPACHO_URL=${despachoUrl} MS_AUTH_URL=${authUrl} DATA_DIR=:memory: npm start

Tokens that MS Auth issued:

${tokens.map(([role, token]) => `  ${role.padEnd(10)}  ${token}`).join('\n')}

A dispatch, through the service:

  curl -s localhost:4004/graphql -H 'authorization: Bearer ${dispatcher}' -H 'content-type: application/json' \\
    -d '{"query":"mutation { createDispatch(input: { origen: { latitud: -16.5, longitud: -68.15 } }) { id estado ambulancia { placa } } }"}'

A change behind its back, which whoever watches sees within three seconds:

  curl -s -X PATCH ${despachoUrl}/api/v1/despachos/1 -H 'content-type: application/json' -d '{"estado":"en_camino"}'
`;
}

await runCommand({ usage, run, exitCodes: [[PortTaken, 1]] });
