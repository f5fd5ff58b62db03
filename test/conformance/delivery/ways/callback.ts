/** Routers that are called back: one that cannot be reached for a while is there again at the same address. */
import { tCallbackRouter } from '../../../support/callback-router.ts';
import { codesOf, valuesOf, type Connect, type Way, type WayConnection } from './way.ts';

export const callback: Way = {
  name: 'HTTP callback',
  isAcknowledged: true,
  receiver: 'GATEWAY',
  async open() {
    const router = await tCallbackRouter();
    const subscribe: Connect = async ({ app, token, query, variables }) => {
      const { id, json } = await router.ask(app.url, { token, query, variables });
      const results = () => router.of(id, 'next').map(({ body }) => body['payload']);
      const ends = () => router.of(id, 'complete').map(({ body }) => body);
      return {
        shown: () => valuesOf(results()),
        told: () => [...codesOf([json, ...results(), ...ends()]), ...ends().map(() => 'complete')],
        cut: () => router.close(),
        complete: () => router.forget(id),
      };
    };
    const client = (): Connect => {
      let made: WayConnection | undefined;
      return async (asked) => {
        if (made) await router.listen();
        return (made ??= await subscribe(asked));
      };
    };
    return { env: { CALLBACK_ORIGINS: router.origin }, client };
  },
};
