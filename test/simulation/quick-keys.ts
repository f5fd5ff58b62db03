/** The keys of simulated cursors, of which nobody makes up any: a code that is quick to calculate stands for one that is hard to guess. */
import { hashText } from '../../src/cli/replay/random.ts';
import { CursorKeys, signatureLength } from '../../src/realtime/cursors/cursor-keys.ts';
import { testCursorSecret } from '../support/cursors.ts';

export class QuickKeys extends CursorKeys {
  constructor() {
    super([testCursorSecret]);
  }

  override sign(text: string): string {
    return hashText(text).toString(36).padEnd(signatureLength, '-');
  }

  override verify(text: string, signature: string): boolean {
    return this.sign(text) === signature;
  }
}
