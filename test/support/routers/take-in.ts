/** Takes parts into the configuration of a router that stand in it as comments. */

/**
 * Of `# name:` and what is indented below it, the comment's signs are taken away.
 *
 * @throws when there is no such comment
 */
export function takeIn(text: string, names: readonly string[]): string {
  return names.reduce((before, name) => {
    const block = new RegExp(`^( *)# ${name}:.*\\n(?:\\1# .*\\n)*`, 'm');
    const [, indent = ''] = block.exec(before) ?? [];
    const after = before.replace(block, (lines) =>
      lines.replaceAll(new RegExp(`^${indent}# `, 'gm'), indent),
    );
    if (after === before) throw new Error(`There is no comment with ${name}:.`);
    return after;
  }, text);
}
