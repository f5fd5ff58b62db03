/** What stands beside an attacked server: the services that it calls, as stand-ins in this process. */
import { CallbackRouter } from '../callback-router.ts';
import { startMsAuth, type MsAuthStandIn } from '../upstreams/ms-auth.ts';
import type { AttackKind, NeighbourName } from './attack.ts';

export class Neighbours {
  readonly #msAuth: MsAuthStandIn | null;
  readonly #router: CallbackRouter | null;

  private constructor(msAuth: MsAuthStandIn | null, router: CallbackRouter | null) {
    this.#msAuth = msAuth;
    this.#router = router;
  }

  static async of({ neighbours = [] }: AttackKind): Promise<Neighbours> {
    const has = (name: NeighbourName) => neighbours.includes(name);
    return new Neighbours(
      has('MS Auth') ? await startMsAuth() : null,
      has('a router') ? await new CallbackRouter().listen() : null,
    );
  }

  get msAuth(): MsAuthStandIn {
    if (!this.#msAuth) throw new Error('This kind of attack has no MS Auth.');
    return this.#msAuth;
  }

  get router(): CallbackRouter {
    if (!this.#router) throw new Error('This kind of attack has no router.');
    return this.#router;
  }

  /** Where a server finds them. */
  get env(): Readonly<Record<string, string>> {
    return {
      ...(this.#msAuth && { MS_AUTH_URL: this.#msAuth.url }),
      ...(this.#router && { CALLBACK_ORIGINS: this.#router.origin }),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#msAuth?.close(), this.#router?.close()]);
  }
}
