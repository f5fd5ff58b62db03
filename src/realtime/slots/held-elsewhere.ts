/** Asks all processes which of them holds a slot. What is asked for in one turn is one question. */
import DataLoader from 'dataloader';
import type { Peers } from '../../stores/peers/peers.ts';
import type { Holders } from './taking.ts';

export function createHeldElsewhere(peers: Peers): Holders['isHeldElsewhere'] {
  const held = new DataLoader<string, boolean>((generations) => whichAreHeld(peers, generations), {
    cache: false,
  });
  return (generation) => held.load(generation);
}

async function whichAreHeld(peers: Peers, generations: readonly string[]): Promise<boolean[]> {
  const { answers } = await peers.ask({ kind: 'slots', generations: [...generations] });
  const held = new Set(answers.flatMap((answer) => answer.held));
  return generations.map((generation) => held.has(generation));
}
