/** Receives what OpenTelemetry's exporters send (OTLP over HTTP, protobuf), and reads of it what tests ask for. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach } from '@jest/globals';

const undos: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0)) await undo();
});

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first one of a trace. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** `service.instance.id` of its process. */
  readonly instance: string;
  readonly failed: boolean;
}

type Value = number | bigint | Buffer;
type Fields = ReadonlyMap<number, readonly Value[]>;

/** The fields of a message by their numbers: https://protobuf.dev/programming-guides/encoding/ */
function readFields(bytes: Buffer): Fields {
  const fields = new Map<number, Value[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, type] = [tag >> 3, tag & 7];
    const values = fields.get(number) ?? [];
    fields.set(number, values);
    if (type === 0) values.push(varint());
    else if (type === 1) {
      values.push(bytes.subarray(at, at + 8));
      at += 8;
    } else if (type === 5) {
      values.push(bytes.subarray(at, at + 4));
      at += 4;
    } else {
      const length = Number(varint());
      values.push(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return fields;
}

const messages = (fields: Fields, number: number): Fields[] =>
  ((fields.get(number) ?? []) as readonly Buffer[]).map(readFields);
const text = (fields: Fields, number: number): string => String(fields.get(number)?.[0] ?? '');
const hex = (fields: Fields, number: number): string =>
  ((fields.get(number)?.[0] ?? Buffer.alloc(0)) as Buffer).toString('hex');

function attributesOf(fields: Fields, number: number): Record<string, unknown> {
  return Object.fromEntries(
    messages(fields, number).map((pair) => {
      const [value] = messages(pair, 2);
      const read = value?.has(1) ? text(value, 1) : value?.has(3) ? Number(value.get(3)![0]) : undefined;
      return [text(pair, 1), read];
    }),
  );
}

function spansIn(body: Buffer): ReceivedSpan[] {
  return messages(readFields(body), 1).flatMap((ofResource) => {
    const [resource] = messages(ofResource, 1);
    const instance = String(attributesOf(resource!, 1)['service.instance.id']);
    return messages(ofResource, 2)
      .flatMap((ofScope) => messages(ofScope, 2))
      .map((span) => ({
        ...{ traceId: hex(span, 1), spanId: hex(span, 2), parentId: hex(span, 4), name: text(span, 5) },
        ...{ kind: Number(span.get(6)?.[0] ?? 0), attributes: attributesOf(span, 9), instance },
        failed: messages(span, 15).some((status) => Number(status.get(3)?.[0] ?? 0) === 2),
      }));
  });
}

const metricsIn = (body: Buffer): string[] =>
  messages(readFields(body), 1)
    .flatMap((ofResource) => messages(ofResource, 2))
    .flatMap((ofScope) => messages(ofScope, 2))
    .map((metric) => text(metric, 1));

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** The names of all metrics that have come. */
  readonly metrics: ReadonlySet<string>;
}

/** Starts a receiver; it is closed after the test. */
export async function tOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const metrics = new Set<string>();
  const server = createServer((request, response) => {
    void buffer(request).then((sent) => {
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      if (request.url === '/v1/traces') spans.push(...spansIn(body));
      else for (const name of metricsIn(body)) metrics.add(name);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undos.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, spans, metrics };
}

/** A trace as a tree, each span below what it is a part of, in the order of their names. */
export function treeOf(spans: readonly ReceivedSpan[], parentId: string, indent = ''): string {
  return spans
    .filter((span) => span.parentId === parentId)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((span) => `${indent}${span.name}\n${treeOf(spans, span.spanId, `${indent}  `)}`)
    .join('');
}
