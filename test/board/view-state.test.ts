/** Proves that the address says what is looked at, and that the list shows what it says. */
import { describe, expect, test } from '@jest/globals';
import { chooseShown } from '../../src/board/state/shown.ts';
import { formatView, parseView, wholeBoard, type View } from '../../src/board/state/view-state.ts';
import { boardDispatch } from '../support/board-dispatch.ts';

describe('an address', () => {
  test('says everything that a view holds, and a view is read from it again', () => {
    const view: View = {
      ...{ id: '17', search: 'Av. 6 de Agosto & más', estados: ['PENDIENTE', 'EN_SITIO'] },
      ...{ prioridades: ['CRITICA'], incidentes: ['OTRO'], mine: true, overdue: true, order: 'oldest' },
      tracks: true,
    };
    expect(parseView(formatView(view))).toEqual(view);
  });

  test('of the whole board says nothing', () => {
    expect(formatView(wholeBoard)).toBe('');
    expect(parseView('')).toEqual(wholeBoard);
  });

  test('that says what there is not is read as far as it can be', () => {
    const view = parseView('#estado=PENDIENTE,NOWHERE&order=sideways&id=&zoom=4&prioridad=__proto__');
    expect(view).toEqual({ ...wholeBoard, estados: ['PENDIENTE'] });
  });
});

describe('the list', () => {
  const place = (direccion: string) => ({ latitud: 1, longitud: 1, direccion });
  const dispatches = [
    boardDispatch('4', { prioridad: 'CRITICA', estado: 'EN_SITIO', origen: place('Calle Jaén 3') }),
    boardDispatch('3', { prioridad: 'CRITICA', ambulancia: { id: 'A-9', placa: '1852PHD' } }),
    boardDispatch('2', { prioridad: 'BAJA', estado: 'COMPLETADO' }),
    boardDispatch('1', { incidente: 'ACCIDENTE', destino: place('Hospital de Clínicas') }),
  ];
  const shown = (change: Partial<View>) =>
    chooseShown(dispatches, {
      view: { ...wholeBoard, ...change },
      isMine: (id) => id === '1',
      isOverdue: ({ id }) => id === '3',
      since: ({ id }) => ({ 1: 'b', 2: 'a', 3: 'c', 4: 'a' })[id]!,
    }).map(({ id }) => id);

  test.each<[string, Partial<View>, string[]]>([
    ['an address, without accents', { search: 'jaen' }, ['4']],
    ['words in any order, in small letters', { search: 'clinicas HOSPITAL' }, ['1']],
    ['a plate', { search: '1852p' }, ['3']],
    ['a unit', { search: 'a-9' }, ['3']],
    ['a number', { search: '#2' }, ['2']],
    ['a status or another', { estados: ['PENDIENTE', 'EN_SITIO'] }, ['4', '3', '1']],
    ['a priority and a status', { prioridades: ['CRITICA'], estados: ['PENDIENTE'] }, ['3']],
    ['a kind', { incidentes: ['ACCIDENTE'] }, ['1']],
    ['those that the viewer follows', { mine: true }, ['1']],
    ['those that are overdue', { overdue: true }, ['3']],
    ['nothing that there is, but the selected one', { search: 'nowhere', id: '2' }, ['2']],
  ])('shows %s', (_what, view, ids) => {
    expect(shown(view)).toEqual(ids);
  });

  test.each<[View['order'], string[]]>([
    ['newest', ['4', '3', '2', '1']],
    ['oldest', ['1', '2', '3', '4']],
    ['urgent', ['3', '4', '1', '2']],
    ['late', ['4', '1', '3', '2']],
  ])('has the order %s', (order, ids) => {
    expect(shown({ order })).toEqual(ids);
  });
});
