/** The tests that prove what SECURITY.md says of deployments, and of what is not promised. */
import type { ProvenSentence } from './proven-sentence.ts';

export const deployment: readonly ProvenSentence[] = [
  {
    says: 'Containers run as a user without rights, on a read-only tree without npm; network policies name who may come in and what may be reached.',
    by: [
      ['deploy/image.test.ts', 'is enough to start, serve and stop, as a user who may not write anywhere'],
      ['deploy/image.test.ts', 'takes Node from its image, and no npm'],
      ['k8s/agreement.test.ts', 'no container runs as root or can write to its file system'],
      ['deploy/compose.test.ts', 'are not root, and cannot write to a disk'],
      ['k8s/agreement.test.ts', 'the network policy names who may come in and what may be reached'],
    ],
  },
  {
    says: 'In docker-compose Redis has a password, and Redis and PostgreSQL are in a network of their own.',
    by: [
      ['deploy/compose.test.ts', 'nobody reaches Redis without its password'],
      ['deploy/compose.test.ts', 'only the service reaches Redis and PostgreSQL'],
    ],
  },
  {
    says: 'Manifests name the networks whose `X-Forwarded-For` is believed; a number in `TRUST_PROXY`, which whoever comes past the proxies could use, is warned about.',
    by: [
      ['k8s/agreement.test.ts', 'whose X-Forwarded-For is believed is said as networks'],
      ['deploy/compose.test.ts', 'the addresses that are believed are those of the network that nginx is in'],
      ['config/config.test.ts', 'TRUST_PROXY=%s is believed only with a warning'],
    ],
  },
  {
    says: 'A configuration that cannot be read is refused, and never taken for none.',
    by: [
      [
        'config/env-file.test.ts',
        'does not start beside a file in UTF-16, which would have asked for production',
      ],
      ['config/look-alikes.test.ts', 'refuses %j'],
    ],
  },
  {
    says: 'In production no signal opens a debugger.',
    by: [['process/signals.test.ts', 'SIGUSR1 opens no debugger in production, and ends nothing']],
  },
];

/** What is not promised has to be true as well. */
export const notPromised: readonly ProvenSentence[] = [
  {
    says: '`/health/*` answers whoever reaches it, and so does `/metrics` where `METRICS_PORT` is unset.',
    by: [
      ['http/health.test.ts', 'it is alive and ready'],
      ['http/metrics.test.ts', 'requests are measured by type and outcome'],
    ],
  },
  {
    says: 'Metrics name no viewer.',
    by: [['security/said.test.ts', 'metrics name no viewer, no dispatch and no address']],
  },
  {
    says: 'Keep them inside the cluster: `nginx.conf` and the ingress let through `/graphql`, and nginx readiness.',
    by: [
      ['deploy/compose.test.ts', 'nginx lets through /graphql and readiness, and nothing else'],
      ['k8s/agreement.test.ts', 'the ingress lets through /graphql and nothing else, and ends TLS'],
    ],
  },
  {
    says: 'Traffic is not encrypted here: TLS ends in front.',
    by: [['k8s/agreement.test.ts', 'the ingress lets through /graphql and nothing else, and ends TLS']],
  },
  {
    says: 'Towards Redis and PostgreSQL use `rediss://` and `sslmode=verify-full`, as the example of the Secret does.',
    by: [['k8s/agreement.test.ts', 'the example of the Secret encrypts what goes to Redis and PostgreSQL']],
  },
  {
    says: 'A process that reaches neither Redis nor the database goes on with what it knows: it does not hear whose sessions are ended meanwhile.',
    by: [['auth/end-reader.test.ts', 'one that was made since is found with the next look']],
  },
  {
    says: 'Whoever can write to Redis or to the database can make up events: give the service its own.',
    by: [
      [
        'contract/event-log.test.ts',
        'misses nothing between a position and a following, while others append',
      ],
    ],
  },
  {
    says: 'The development mode is open on purpose: a known secret, a playground, a board with a token that may look.',
    by: [
      ['config/config.test.ts', 'warns that everybody knows the development secret'],
      ['http/playground.test.ts', 'in production there is no playground'],
      ['http/board.test.ts', 'in production there is no board'],
    ],
  },
  {
    says: 'It says so in its log.',
    by: [['security/said.test.ts', 'the development mode says in its log that everybody knows its secret']],
  },
  {
    says: 'Whoever sits at a browser whose tab shows the board can do what its token may, until the tab is closed or the token ends.',
    by: [
      ['e2e/board-dispatcher.test.ts', 'a good one is remembered as long as the tab lives'],
      ['e2e/board-dispatcher.test.ts', 'is offered nothing by a token that may only look'],
    ],
  },
];
