/** All promises of delivery. */
import { acknowledgements } from './acknowledgements.ts';
import { comingBack } from './coming-back.ts';
import { places } from './places.ts';
import { processes } from './processes.ts';
import { routers } from './routers.ts';
import type { DeliveryPromise } from './promise.ts';

export const deliveryPromises: readonly DeliveryPromise[] = [
  ...comingBack,
  ...places,
  ...acknowledgements,
  ...processes,
  ...routers,
];
