/** The command `npm run dev:upstreams`: runs stand-ins of MS Despacho and MS Auth, to try this service with. Their data is in memory only. */
import { parseArgs } from 'node:util';
import { startMsAuth } from './ms-auth.ts';
import { startMsDespacho } from './ms-despacho.ts';

const usage = `Starts stand-ins of MS Despacho and MS Auth, and says how to start the service in front of them.

  --despacho-port N   default 8001
  --auth-port N       default 8000
  --help`;

const laPaz = { lat: -16.5, lng: -68.15 };
const ambulances = 30;

const { values } = parseArgs({
  options: {
    'despacho-port': { type: 'string', default: '8001' },
    'auth-port': { type: 'string', default: '8000' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

try {
  const despacho = await startMsDespacho({ port: Number(values['despacho-port']), isFleetEndless: false });
  const auth = await startMsAuth({ port: Number(values['auth-port']) });
  for (let index = 0; index < ambulances; index++)
    despacho.model.addAmbulance(laPaz.lat + (index % 6) / 100, laPaz.lng + Math.floor(index / 6) / 100);
  const tokens = ['dispatcher', 'system', 'admin'].map((role) => {
    const user = auth.addUser([role], role === 'dispatcher' ? 'Ana Flores' : role);
    return [role, auth.login(user)] as const;
  });
  console.log(instructions(despacho.url, `${auth.url}/graphql`, tokens));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error('Is the port taken? Choose others with --despacho-port and --auth-port.');
  process.exit(1);
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
