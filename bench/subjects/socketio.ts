/** The server `socketio`: Socket.IO with its Redis adapter, as its documentation shows them, and a room for each dispatch. */
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { host, readServerOptions } from './options.ts';

const { port, redisUrl } = readServerOptions();
const publisher = new Redis(redisUrl);
const server = createServer();
const io = new Server(server, { adapter: createAdapter(publisher, publisher.duplicate()) });

io.on('connection', (socket) => {
  socket.on('subscribe', (room: string) => void socket.join(room));
});
server.listen(port, host);
