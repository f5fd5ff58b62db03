/** Owns the error of a store whose server can't be reached. */
import { Unavailable } from '../lib/unavailable.ts';

export class StoreUnavailable extends Unavailable {
  override name = 'StoreUnavailable';
}
