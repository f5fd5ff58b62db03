/** The keys of simulated cursors, of which nobody makes up any: a code that is quick to calculate stands for one that is hard to guess. */
import { hashText } from '../../src/cli/replay/random.ts';
import { base36 } from '../../src/lib/text/base36.ts';
import { CursorKeys, signatureLength } from '../../src/realtime/cursors/cursor-keys.ts';
import { testCursorSecret } from '../support/cursors.ts';

export class QuickKeys extends CursorKeys {
  constructor() {
    super([testCursorSecret]);
  }

  override sign(text: string): string {
    return base36(hashText(text)).padEnd(signatureLength, '-');
  }

  override verify(text: string, signature: string): boolean {
    return this.sign(text) === signature;
  }
}
