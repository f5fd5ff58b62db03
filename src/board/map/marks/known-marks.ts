/** Keeps what is drawn by its id: the same thing stays the same elements while it is there. */

export function known<V>(marks: Map<string, V>, id: string, make: () => V): V {
  const there = marks.get(id) ?? make();
  marks.set(id, there);
  return there;
}

export function removeOthers(marks: Map<string, { remove(): void }>, shown: ReadonlySet<string>): void {
  for (const [id, mark] of marks) {
    if (shown.has(id)) continue;
    mark.remove();
    marks.delete(id);
  }
}
