/** The entry of the board: reads where to connect, and opens the page. */
import { Board } from './page.ts';
import { part, setAttributes } from './dom.ts';
import { openAccess } from './live/access.ts';
import { showLegend } from './map/legend.ts';
import { askForToken, listenToTokenForm } from './side/token-form.ts';
import { showWords } from './words/words.ts';

/** For errors that keep the board from starting. */
function showProblem(error: unknown): void {
  const problem = part('problem', HTMLElement);
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
}

async function open(): Promise<void> {
  const { token, ...access } = await openAccess();
  setAttributes(part('pages', HTMLElement), { hidden: !access.playground });
  if (token) new Board({ ...access, token }).start();
  else askForToken({ mustEnter: true });
}

showWords();
showLegend();
listenToTokenForm();
open().catch(showProblem);
