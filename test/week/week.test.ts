/** A log of calls on a clock that is run fast: every alert is explained by the log, and none is missing. */
import { createReadStream, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openSqlite } from '../../src/db/sqlite/sqlite.ts';
import type { Database } from '../../src/db/database.ts';
import { noLimits } from '../../src/modules/alert/limits.ts';
import { AuditTrail, type AuditEntry } from '../../src/modules/dispatch/audit-trail.ts';
import type { AmbulanceResponse } from '../../src/cli/replay/calls/ambulance-response.ts';
import { readCallLog } from '../../src/cli/replay/calls/call-log.ts';
import { createCallLog } from '../support/call-log.ts';
import { tRepositories } from '../support/repositories.ts';
import { measureArrivals } from './arrivals.ts';
import { plainAlerts, type ExplainedAlert, type PlainAlert } from './plain-alerts.ts';
import { playWeek, type Week, type WeekRules } from './week.ts';

const minuteMs = 60_000;
const every = (ms: number) => ({ BAJA: ms, MEDIA: ms, ALTA: ms, CRITICA: ms });
const rules: WeekRules = {
  answerMs: { BAJA: 3 * minuteMs, MEDIA: 3 * minuteMs, ALTA: 2 * minuteMs, CRITICA: minuteMs },
  positionsPerLeg: 6,
  limits: {
    answersExpected: true,
    stalePositionMs: every(2 * minuteMs),
    undeliveredMs: every(minuteMs / 2),
    overdueMs: {
      ...noLimits.overdueMs,
      PENDIENTE: { BAJA: 15 * minuteMs, MEDIA: 10 * minuteMs, ALTA: 5 * minuteMs, CRITICA: 2 * minuteMs },
      ASIGNADO: every(5 * minuteMs),
      EN_CAMINO: every(15 * minuteMs),
      EN_SITIO: every(15 * minuteMs),
      TRASLADANDO: every(40 * minuteMs),
    },
  },
};

const databases: Database[] = [];
afterEach(async () => {
  for (const database of databases.splice(0)) await database.close();
});

/** Everything that the trail has, the oldest first. */
async function readTrail(database: Database): Promise<AuditEntry[]> {
  const trail = new AuditTrail(database);
  const entries: AuditEntry[] = [];
  for (let before: string | null = null; ; before = entries.at(-1)!.id) {
    const page: AuditEntry[] = await trail.list({ before }, 5_000);
    entries.push(...page);
    if (page.length < 5_000) return entries.sort((one, other) => Number(one.id) - Number(other.id));
  }
}

async function readAlerts(database: Database): Promise<PlainAlert[]> {
  const { alerts } = tRepositories(database);
  const all = { open: null, kinds: null, despachoId: null, after: null };
  const found = await alerts.list(all, 1_000_000);
  return found.map(({ despachoId, kind, since, limitAt, clearedAt }) => ({
    ...{ despachoId, kind, since, limitAt, clearedAt },
  }));
}

const lineOf = ({ despachoId, kind, since, limitAt, clearedAt }: PlainAlert): string =>
  [despachoId, kind, since, limitAt, clearedAt].join(' ');

interface Played {
  readonly week: Week;
  readonly raised: readonly PlainAlert[];
  readonly explained: readonly ExplainedAlert[];
}

async function play(responses: readonly AmbulanceResponse[]): Promise<Played> {
  const database = await openSqlite({ folder: ':memory:' });
  databases.push(database);
  const week = await playWeek(database, responses, rules);
  const byDispatch = Map.groupBy(
    (await readTrail(database)).filter(({ despachoId }) => despachoId !== null),
    ({ despachoId }) => despachoId!,
  );
  const facts = { limits: rules.limits, receipts: week.receipts, endedAt: week.endedAt };
  const explained = [...byDispatch.values()].flatMap((entries) => plainAlerts(entries, facts));
  return { week, raised: await readAlerts(database), explained };
}

function expectExplained({ raised, explained }: Played): void {
  const [isRaised, isExplained] = [new Set(raised.map(lineOf)), new Set(explained.map(lineOf))];
  expect(raised.map(lineOf).filter((line) => !isExplained.has(line))).toEqual([]);
  expect(explained.map(lineOf).filter((line) => !isRaised.has(line))).toEqual([]);
  expect(raised).toHaveLength(explained.length);
}

const countsOf = (alerts: readonly PlainAlert[]) =>
  Object.fromEntries(
    Map.groupBy(alerts, ({ kind }) => kind)
      .entries()
      .map(([kind, some]) => [kind, some.length]),
  );

test('a made-up evening: every alert is explained by the log, and none is missing', async () => {
  const played = await play(createCallLog({ ambulanceResponses: 120 }).responses);
  expectExplained(played);
  expect(Object.keys(countsOf(played.raised)).sort()).toEqual([
    ...['BACK_ONLINE', 'OVERDUE', 'STALE_POSITION', 'UNANSWERED', 'UNDELIVERED'],
  ]);
});

test('a factor is learnt from the earlier drives of a log, and tested on the later ones', () => {
  const { factor, learntFrom, testedOn, departure } = measureArrivals(
    createCallLog({ ambulanceResponses: 120 }).responses,
  );
  expect(factor).toBeGreaterThan(0);
  expect(learntFrom).toBeGreaterThan(testedOn);
  expect(testedOn).toBeGreaterThan(0);
  expect(departure.constant).not.toEqual(departure.learnt);
});

const file = process.env['WEEK'];
const ofWeek = file === undefined ? (test.skip as typeof test) : test;

ofWeek(
  'a real week: every alert is explained by the log, and none is missing',
  async () => {
    const responses: AmbulanceResponse[] = [];
    for await (const row of readCallLog(createReadStream(resolve(file!))))
      if (row.kind === 'response') responses.push(row.response);
    responses.sort((one, other) => one.times.received - other.times.received);
    const played = await play(responses);
    const list = process.env['WEEK_LIST'];
    if (list !== undefined)
      writeFileSync(
        list,
        played.explained
          .map((alert) => `${lineOf(alert)} ${played.week.rowIds.get(alert.despachoId)}: ${alert.why}\n`)
          .join(''),
      );
    console.log(responses.length, 'responses', countsOf(played.raised), measureArrivals(responses));
    expectExplained(played);
  },
  1_800_000,
);
