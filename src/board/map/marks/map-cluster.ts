/** Draws many dispatches that are close to each other as one sign with their number. */
import { setAttributes, setText, svgElement } from '../../dom.ts';
import { formatCount } from '../../state/times.ts';
import { words } from '../../words/words.ts';
import type { Pixel } from '../camera.ts';

export interface ClusterLook {
  readonly count: number;
  /** One of them is critical, and nobody serves it. */
  readonly isCritical: boolean;
  readonly isOverdue: boolean;
}

const leastRadiusPx = 9;

export class MapCluster {
  readonly #circle = svgElement('circle');
  readonly #count = svgElement('text', { 'text-anchor': 'middle', y: 4 });
  readonly #title = svgElement('title');
  readonly #root = svgElement('g', { class: 'cluster' }, this.#title, this.#circle, this.#count);

  constructor(layer: SVGGElement, onChoose: () => void) {
    this.#root.addEventListener('click', onChoose);
    layer.append(this.#root);
  }

  remove(): void {
    this.#root.remove();
  }

  render({ x, y }: Pixel, { count, isCritical, isOverdue }: ClusterLook): void {
    setAttributes(this.#root, {
      transform: `translate(${Math.round(x)} ${Math.round(y)})`,
      'data-count-of': count,
      'data-critical': isCritical,
      'data-overdue': isOverdue,
    });
    setAttributes(this.#circle, { r: Math.round(leastRadiusPx + 2 * Math.log2(count)) });
    setText(this.#count, formatCount(count));
    setText(this.#title, words.cluster(count));
  }
}
