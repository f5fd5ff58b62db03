/** How many connections of clients there may be: as many as the limit of descriptors leaves. */
import type { FastifyInstance } from 'fastify';
import { connectionRoomUnder } from '../../config/descriptors.ts';
import { ConnectionBound } from '../../http/connections/connection-bound.ts';
import { countDescriptors, readDescriptorLimit } from '../../lib/system/descriptors.ts';
import type { AppContext } from '../app-context.ts';

/** With fewer, a limit is most likely nobody's choice. */
const fewConnections = 1_000;

/** To be called when databases and stores are open, and before the port is. */
export function boundConnections(server: FastifyInstance, context: AppContext): ConnectionBound {
  const { config, log } = context;
  const limit = readDescriptorLimit();
  if (limit === null) return new ConnectionBound(server, { ...context, max: null, spare: 0 });
  const room = connectionRoomUnder(limit, countDescriptors() ?? 0, config);
  const about = { max: room.max, descriptors: limit };
  const says = 'connections are bounded below the limit of descriptors';
  if (room.max < fewConnections) log.warn(about, `${says}, which is low: ulimit -n 65536`);
  else log.info(about, says);
  return new ConnectionBound(server, { ...context, ...room });
}
