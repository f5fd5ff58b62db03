/** Where attacks happen: a server that is attacked, its idle twin, and an honest viewer who asks both. */
import { within } from '../../../src/lib/deadline.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { Attack, AttackKind } from './attack.ts';
import { Attacker } from './attacker.ts';
import { HonestViewer, type Waits } from './honest.ts';
import { Neighbours } from './neighbours.ts';
import { Target, type Condition } from './target.ts';

/** Not a bound: what is not over by then never will be. */
const patienceMs = 120_000;

export interface Result {
  readonly answered: readonly string[];
  readonly attacked: Condition;
  readonly twin: Condition;
  /** What the honest viewer saw; null where the server was not to be asked by anybody before the attack. */
  readonly waits: { readonly before: Waits; readonly meanwhile: Waits } | null;
}

export class Scene {
  readonly #kind: AttackKind;
  readonly #neighbours: Neighbours;
  readonly #twin: Target;
  readonly #honest = new HonestViewer();
  #attacked: Target | undefined;
  #isVisited = false;

  private constructor(kind: AttackKind, neighbours: Neighbours, twin: Target) {
    this.#kind = kind;
    this.#neighbours = neighbours;
    this.#twin = twin;
  }

  static async open(kind: AttackKind): Promise<Scene> {
    const neighbours = await Neighbours.of(kind);
    return new Scene(kind, neighbours, await Target.start({ ...kind.env, ...neighbours.env }));
  }

  /** Makes an attack and measures what it does. Rejects where the server does not come through it. */
  async play(attack: Attack): Promise<Result> {
    if (attack.cold) await this.replaceServer();
    const attacked = (this.#attacked ??= await this.#startServer());
    if (!attack.cold && !this.#isVisited) {
      await this.#honest.visit(attacked, this.#twin);
      this.#isVisited = true;
    }
    const attacker = this.#attackerOf(attacked);
    try {
      return await within(systemClock, patienceMs, 'The attack', this.#measure(attack, attacker, attacked));
    } catch (error) {
      throw new Error(`The server does not come through: ${await describeState(attacked)}`, { cause: error });
    } finally {
      attacker.end();
    }
  }

  /** The next attack gets a server that this one has not hurt. */
  async replaceServer(): Promise<void> {
    const attacked = this.#attacked;
    this.#attacked = undefined;
    this.#isVisited = false;
    await attacked?.kill();
  }

  async close(): Promise<void> {
    await this.#honest.stop();
    await Promise.all([this.#attacked?.kill(), this.#twin.kill()]);
    await this.#neighbours.close();
  }

  #attackerOf({ server }: Target): Attacker {
    return new Attacker(server, AbortSignal.timeout(patienceMs), this.#neighbours);
  }

  async #startServer(): Promise<Target> {
    const target = await Target.start({ ...this.#kind.env, ...this.#neighbours.env }, this.#kind.fill);
    const attacker = this.#attackerOf(target);
    await this.#kind.prepare?.(attacker);
    attacker.end();
    return target;
  }

  async #measure(attack: Attack, attacker: Attacker, attacked: Target): Promise<Result> {
    const before = this.#isVisited ? await this.#honest.take() : null;
    await Promise.all([attacked.reset(), this.#twin.reset()]);
    const answered = await attack.run(attacker);
    const waits = before && { before, meanwhile: await this.#honest.take() };
    return { answered, attacked: await attacked.measure(), twin: await this.#twin.measure(), waits };
  }
}

/** How a server is that does not answer any more, for whoever has to find out why. */
async function describeState({ server }: Target): Promise<string> {
  // One that is about to end closes its sockets first.
  const ending = await Promise.race([server.ended, systemClock.sleep(5_000)]);
  const said = server.lines.filter((line) => !line.startsWith('{"level":30')).slice(0, 5);
  return [ending ? `it ended, ${JSON.stringify(ending)}.` : 'it lives.', ...said].join('\n');
}
