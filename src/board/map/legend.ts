/** Shows the legend of the map. */
import { activeEstados } from '../data/dispatch.ts';
import { element, part } from '../dom.ts';
import { words } from '../words/words.ts';
import { glyph } from './marks/glyph.ts';

export function showLegend(): void {
  part('legend', HTMLElement).replaceChildren(
    ...activeEstados.map((estado) => element('li', {}, glyph(estado), words.estado[estado])),
  );
}
