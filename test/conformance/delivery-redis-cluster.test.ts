/** Proves that what is promised of delivery holds on every way with a Redis Cluster of three. */
import { tRedisCluster } from '../support/redis-cluster.ts';
import { tOnServers } from './delivery/set-ups.ts';
import { testDelivery } from './delivery/tests.ts';

testDelivery('Redis cluster', tOnServers(tRedisCluster));
