/** The metrics of other services that this one asks: MS Despacho and MS Auth. */
import { Counter, Gauge, type Registry } from 'prom-client';

export function createUpstreamMetrics(registers: Registry[]) {
  return {
    upstreamCalls: new Counter({
      name: 'dispatch_upstream_calls_total',
      help: 'Calls of other services, by service and outcome.',
      labelNames: ['service', 'outcome'],
      registers,
    }),
    upstreamCircuit: new Gauge({
      name: 'dispatch_upstream_circuit_open',
      help: 'Whether calls of another service are broken off because it is away: 1 yes, 0.5 being tried, 0 no.',
      labelNames: ['service'],
      registers,
    }),
    polled: new Counter({
      name: 'dispatch_polled_total',
      help: 'Rounds of looking for changes in another service, by outcome: changes, quiet or failed.',
      labelNames: ['outcome'],
      registers,
    }),
  };
}
