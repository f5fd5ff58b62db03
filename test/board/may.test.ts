/** Proves what the board offers to whom, as far as their token says what they may do. */
import { expect, test } from '@jest/globals';
import { readMay } from '../../src/board/live/may.ts';
import { boardDispatch } from '../support/board-dispatch.ts';

const tokenOf = (claims: Record<string, unknown>) =>
  `head.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
const other = boardDispatch('1', { ambulancia: { id: 'A-1', placa: null } });

const [nothing, everything] = [
  { assign: false, move: false, send: false },
  { assign: true, move: true, send: true },
];
test.each([
  ['a dispatcher', tokenOf({ role: 'Dispatcher' }), everything],
  ['a hospital', tokenOf({ role: 'hospital' }), { ...nothing, send: true }],
  [
    'a paramedic of another ambulance',
    tokenOf({ role: 'paramedic', ambulanciaId: 'A-2' }),
    { ...nothing, send: true },
  ],
  ['its paramedic', tokenOf({ role: 'paramedic', ambulanciaId: 'A-1' }), { ...everything, assign: false }],
  [
    'whoever may only look',
    tokenOf({ role: 'dispatcher', permissions: ['view-dispatches', 'view-messages'] }),
    nothing,
  ],
  ['a token of names beyond ASCII', tokenOf({ name: 'Íñigo Ñuñez', role: 'dispatcher' }), everything],
  ['a token without a role', tokenOf({ sub: 'nobody' }), nothing],
  ['a token that cannot be read', '17|opaque', everything],
])('for %s', (_who, token, allowed) => {
  const may = readMay(token);
  expect({ assign: may.assign(), move: may.move(other), send: may.send() }).toEqual(allowed);
});
