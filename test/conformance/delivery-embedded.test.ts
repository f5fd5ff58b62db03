/** Proves that what is promised of delivery holds on every way with the stores of one process. */
import { embedded } from './delivery/set-ups.ts';
import { testDelivery } from './delivery/tests.ts';

testDelivery('embedded', embedded);
