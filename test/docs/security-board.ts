/** The tests that prove what SECURITY.md says of the board. */
import type { ProvenSentence } from './proven-sentence.ts';

export const board: readonly ProvenSentence[] = [
  {
    says: 'The board is not served in production unless `BOARD` says `on`.',
    by: [
      ['http/board.test.ts', 'in production there is no board'],
      ['http/board.test.ts', 'in production BOARD=on serves it'],
    ],
  },
  {
    says: 'Its page is the same for everybody and holds no token there; what it shows needs one, which its viewer enters and which their browser keeps for that tab alone.',
    by: [
      ['http/board.test.ts', 'in production BOARD=on serves it, without a token'],
      ['e2e/board-dispatcher.test.ts', 'a good one is remembered as long as the tab lives'],
    ],
  },
  {
    says: 'It runs no script but its own, and asks nobody else for anything but map tiles, where `BOARD_TILES_URL` names their source.',
    by: [
      ['http/board.test.ts', 'it is small, and may not load anything from elsewhere'],
      ['http/board.test.ts', 'BOARD_TILES_URL names the only other origin'],
      [
        'e2e/board-dispatcher.test.ts',
        'shows streets where the service names a source of tiles, and asks nobody else',
      ],
    ],
  },
];
