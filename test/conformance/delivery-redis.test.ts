/** Proves that what is promised of delivery holds on every way with a Redis. */
import { tRedis } from '../support/redis.ts';
import { tOnServers } from './delivery/set-ups.ts';
import { testDelivery } from './delivery/tests.ts';

testDelivery('Redis', tOnServers(tRedis));
