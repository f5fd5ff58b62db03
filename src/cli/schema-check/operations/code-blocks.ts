/** Reads the fenced code blocks of a Markdown text. */

export interface CodeBlock {
  readonly language: string;
  /** The rest of the line after the language, for example `not-checked`. */
  readonly info: string;
  readonly text: string;
  /** The line of the first line inside the fence, counted from 1. */
  readonly line: number;
}

export function readCodeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = markdown.split('\n');
  let open: { fence: string; indent: number; language: string; info: string; first: number } | null = null;
  for (const [index, line] of lines.entries()) {
    if (open) {
      if (!line.trim().startsWith(open.fence) || line.trim().replaceAll(open.fence[0]!, '') !== '') continue;
      const { indent, language, info, first } = open;
      const text = lines.slice(first, index).map((inside) => inside.slice(indent));
      blocks.push({ language, info, text: text.join('\n'), line: first + 1 });
      open = null;
      continue;
    }
    const [, indent, fence, language = '', info = ''] =
      /^(\s*)(`{3,}|~{3,})\s*([\w-]*)\s*(.*)$/.exec(line) ?? [];
    if (indent !== undefined && fence !== undefined)
      open = { fence, indent: indent.length, language: language.toLowerCase(), info, first: index + 1 };
  }
  return blocks;
}
