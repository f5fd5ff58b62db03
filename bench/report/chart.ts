/** Draws latency over load as SVG. */
import type { Row } from './rows.ts';

const size = { width: 720, height: 420, left: 70, right: 130, top: 40, bottom: 50 };
const colours: Readonly<Record<string, string>> = { ours: '#0a7d4f', plain: '#b3261e', raw: '#5f6368' };
const latencyTicks = [0.1, 1, 10, 100, 1_000, 10_000];

interface Point {
  readonly load: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Both axes are logarithmic. Load is what was published times the subscribers, not what arrived. */
export function drawLatencyOverLoad(rows: readonly Row[], sockets: number): string {
  const curves = [...Map.groupBy(readRows(rows), ({ subject }) => subject)];
  const loads = [...new Set(readRows(rows).map(({ eventsPerSecond }) => eventsPerSecond * sockets))].sort(
    (a, b) => a - b,
  );
  const x = logScale([loads[0]!, loads.at(-1)!], [size.left, size.width - size.right]);
  const y = logScale([latencyTicks[0]!, latencyTicks.at(-1)!], [size.height - size.bottom, size.top]);
  const lines = curves.flatMap(([name, points]) =>
    drawCurve(
      name,
      points.map(({ eventsPerSecond, p50Ms, p99Ms }) => ({ load: eventsPerSecond * sockets, p50Ms, p99Ms })),
      { x, y },
    ),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    `<text x="${size.left}" y="20" font-size="14">From publish to receipt, ${sockets} sockets on one topic (full line p50, dashed p99)</text>`,
    ...latencyTicks.map((ms) => tickY(y(ms), `${ms} ms`)),
    ...loads.map((load) => tickX(x(load), load.toLocaleString('en'))),
    `<text x="${(size.left + size.width - size.right) / 2}" y="${size.height - 8}" text-anchor="middle">deliveries asked for per second</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

function readRows(rows: readonly Row[]) {
  return rows.flatMap(({ workload, subject, eventsPerSecond, p50Ms, p99Ms }) =>
    workload === 'load' && typeof eventsPerSecond === 'number' && p50Ms !== null && p99Ms !== null
      ? [{ subject, eventsPerSecond, p50Ms, p99Ms }]
      : [],
  );
}

type Scale = (value: number) => number;

function logScale([low, high]: [number, number], [from, to]: [number, number]): Scale {
  return (value) => {
    const share = Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low || 1);
    return Number((from + (Number.isFinite(share) ? share : 0) * (to - from)).toFixed(1));
  };
}

function drawCurve(name: string, points: readonly Point[], { x, y }: { x: Scale; y: Scale }): string[] {
  const colour = colours[name] ?? '#000';
  const path = (figure: 'p50Ms' | 'p99Ms') =>
    points.map((point) => `${x(point.load)},${y(point[figure])}`).join(' ');
  const last = points.at(-1)!;
  return [
    `<polyline points="${path('p50Ms')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<polyline points="${path('p99Ms')}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-dasharray="5 4"/>`,
    `<text x="${x(last.load) + 8}" y="${y(last.p50Ms) + 4}" fill="${colour}">${name}</text>`,
  ];
}

const tickY = (y: number, label: string) =>
  `<line x1="${size.left}" x2="${size.width - size.right}" y1="${y}" y2="${y}" stroke="#ddd"/>` +
  `<text x="${size.left - 8}" y="${y + 4}" text-anchor="end">${label}</text>`;

const tickX = (x: number, label: string) =>
  `<text x="${x}" y="${size.height - size.bottom + 18}" text-anchor="middle">${label}</text>`;
