/** Proves that each assignment is escalated once, and not before it is due, while processes are killed at random that are at it. */
import { expect, test } from '@jest/globals';
import { createRandom } from '../../src/cli/replay/random.ts';
import { createDispatches } from '../support/operations.ts';
import { tServices } from '../support/service.ts';
import { until } from '../support/until.ts';

const tService = tServices();

/** `npm run test:faults` makes a thousand of them. */
const isFull = process.env['FAULTS'] === 'full';
const [count, kills] = isFull ? [1_000, 12] : [150, 4];
const answerMs = 2_000;
/** The crew again, who has assigned, all dispatchers. */
const levels = [1, 2, 3];

/** What PostgreSQL saw of the escalation of an assignment. */
interface Escalated {
  readonly assignment: string;
  readonly level: number;
  /** When it was due, as the assignment said before. */
  readonly due_at: string;
  /** When it was written, by the clock of the database. */
  readonly written_at: string;
}

/** Notes each escalation beside what the service writes of it. */
const witness = `
  create table escalated (assignment bigint, level int, due_at text, written_at text);
  create function note_escalation() returns trigger language plpgsql as $$
  begin
    insert into escalated values (old.id, new.level, old.due_at,
      to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
    return new;
  end $$;
  create trigger note_escalation before update on assignments
    for each row when (new.level > old.level) execute function note_escalation();`;

/** Since when there was a process again where there had been none, milliseconds since the Unix epoch. */
type Returns = readonly number[];

/** How long after it was due, or after the first process was back that could do it, milliseconds. */
function latenessOf({ due_at, written_at }: Escalated, returns: Returns): number {
  const [due, written] = [Date.parse(due_at), Date.parse(written_at)];
  return written - Math.max(due, ...returns.filter((at) => at <= written));
}

test(`${count} assignments with processes killed at random: each level once, and never early`, async () => {
  const random = createRandom(21);
  const service = await tService({ env: { ASSIGNMENT_ANSWER_MS: String(answerMs) } });
  const { servers, query } = service;
  await query(witness);
  const ids = await createDispatches(servers[0]!.client, count);
  for (let start = 0; start < count; start += 25) {
    const some = ids.slice(start, start + 25);
    const fields = some.map((id) => `d${id}: assignDispatch(id: "${id}", ambulanciaId: "A-${id}") { id }`);
    const { errors } = await servers[start % servers.length]!.client.ask(`mutation { ${fields.join(' ')} }`);
    expect(errors).toBeUndefined();
  }
  const escalations = async () =>
    (await query<{ count: number }>('select count(*)::int as count from escalated'))[0]!.count;
  const all = count * levels.length;
  const returns: number[] = [];
  /** Kills some while they are at it, and starts them again. */
  const kill = async (some: typeof servers, atLeast: number) => {
    await until('some are escalated', async () => (await escalations()) >= atLeast, 120_000);
    await Promise.all(some.map((server) => server.kill('SIGKILL')));
    const starting = some.map((server) => server.start());
    await Promise.race(starting);
    if (some.length === servers.length) returns.push(Date.now());
    await Promise.all(starting);
  };
  for (let done = 0; done < kills; done += 1) {
    const some = servers.filter(() => random() < 0.5);
    // Now and then all of them; never none.
    await kill(some.length > 0 ? some : servers, 1 + ((done + random()) / kills) * 0.8 * all);
  }
  await until('all are escalated', async () => (await escalations()) >= all, 120_000);

  const seen = await query<Escalated>('select * from escalated');
  const byAssignment = Map.groupBy(seen, ({ assignment }) => assignment);
  expect(byAssignment.size).toBe(count);
  for (const each of byAssignment.values()) expect(each.map(({ level }) => level).sort()).toEqual(levels);
  expect(seen.filter(({ due_at, written_at }) => written_at < due_at)).toEqual([]);
  const late = seen.map((one) => latenessOf(one, returns)).toSorted((a, b) => a - b);
  const share = (part: number) => `${late[Math.ceil(part * late.length) - 1]} ms`;
  console.info(
    `${kills} times killed: escalated after it was due, or a process was back, within ` +
      `${share(0.5)} (half), ${share(0.99)} (99 %), ${share(1)} (all)`,
  );
  // And each with its entry in the audit trail, and its message where there is one.
  const counted = async (where: string) =>
    (await query<{ count: number }>(`select count(*)::int as count from ${where}`))[0]!.count;
  expect(await counted(`events where type = 'assignment.escalated'`)).toBe(all);
  expect(await counted('messages')).toBe(2 * count);
  const left = await query('select id from assignments where due_at is not null');
  expect(left).toEqual([]);
}, 300_000);
