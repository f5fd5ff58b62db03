/** Publishes events through the HTTP API of a Centrifugo server. */
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { selectedData, topicOf } from './dispatch-event.ts';
import type { Publish } from './publishing.ts';

interface Publication {
  readonly channel: string;
  readonly data: unknown;
}

interface BatchReply {
  readonly error?: unknown;
  readonly replies?: readonly { readonly error?: unknown; readonly publish?: { readonly error?: unknown } }[];
}

/** The results' payloads, each to the channel of its dispatch. */
export function publishToCentrifugo(url: string): Publish {
  const publish = createPublishing(url);
  return (event) => publish({ channel: topicOf(event.dispatch.id), data: { data: selectedData(event) } });
}

/**
 * Resolves when Centrifugo has it in Redis. Requests are sent one after the other, since the order of events counts; what comes
 * while one is under way shares the next.
 */
export function createPublishing(url: string): (publication: Publication) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let waiting: Publication[] = [];
  let sent = Promise.resolve();
  return (publication) => {
    waiting.push(publication);
    if (waiting.length === 1)
      sent = sent.then(() => {
        const batch = waiting;
        waiting = [];
        return send(`${url}/api/batch`, agent, batch);
      });
    return sent;
  };
}

/** @throws when a publication is refused */
async function send(url: string, agent: Agent, publications: readonly Publication[]): Promise<void> {
  const channels = new Set(publications.map(({ channel }) => channel));
  const body = JSON.stringify({
    commands: publications.map((publish) => ({ publish })),
    // Centrifugo keeps no order among what it does in parallel.
    parallel: channels.size === publications.length,
  });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const answer = await new Promise<string>((resolve, reject) => {
    const asked = request(url, { agent, method: 'POST', headers }, (response) => {
      text(response).then(resolve, reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
  const { replies, error } = JSON.parse(answer) as BatchReply;
  const isRefused = replies?.some((reply) => reply.error !== undefined || reply.publish?.error !== undefined);
  if (error !== undefined || replies?.length !== publications.length || isRefused)
    throw new Error(`Centrifugo did not publish: ${answer}`);
}
