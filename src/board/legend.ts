/** Shows the legend of the map. */
import { activeEstados, estadoWords } from './dispatch.ts';
import { element, part } from './dom.ts';
import { glyph } from './glyph.ts';

export function showLegend(): void {
  part('legend', HTMLElement).replaceChildren(
    ...activeEstados.map((estado) =>
      element('li', {}, glyph(estado), element('span', { lang: 'es' }, estadoWords[estado])),
    ),
  );
}
