/** Proves that GitHub accepts the templates for issues and pull requests, and that the commands and files that they name exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const folder = '.github/ISSUE_TEMPLATE';
const forms = readdirSync(new URL(folder, root)).filter((name) => name !== 'config.yml');
const pullRequest = '.github/pull_request_template.md';

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: {
    readonly label?: string;
    readonly value?: string;
    readonly options?: readonly (string | { readonly label: string })[];
  };
  readonly validations?: { readonly required: boolean };
}
interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly Field[];
}

/** When one field of a form is invalid, GitHub shows no form at all, and shows the error only to those who open the file. */
function problemsOf({ type, id, attributes }: Field): readonly string[] {
  if (type === 'markdown') return attributes.value ? [] : ['a text without a value'];
  const problems = [];
  if (!['textarea', 'input', 'dropdown', 'checkboxes'].includes(type)) problems.push(`type ${type}`);
  if (!/^[\w-]+$/.test(id ?? '')) problems.push(`id ${id}`);
  if (!attributes.label) problems.push(`${id} without a label`);
  const options = attributes.options?.map((option) => (typeof option === 'string' ? option : option.label));
  if (['dropdown', 'checkboxes'].includes(type) !== (options !== undefined))
    problems.push(`options of ${id}`);
  if (options && new Set(options).size !== options.length) problems.push(`options of ${id} twice`);
  return problems;
}

describe.each(forms)('the form %s', (name) => {
  const form = parse(read(`${folder}/${name}`)) as Form;
  const asked = form.body.filter(({ type }) => type !== 'markdown');

  test('has only fields that GitHub accepts', () => {
    expect(form.name && form.description).toBeTruthy();
    expect(form.body.flatMap(problemsOf)).toEqual([]);
    for (const key of [({ id }: Field) => id, ({ attributes }: Field) => attributes.label])
      expect(new Set(asked.map(key)).size).toBe(asked.length);
  });

  test('has few required fields', () => {
    const required = asked.filter(({ validations }) => validations?.required);
    expect(required.length).toBeGreaterThan(0);
    expect(required.length).toBeLessThanOrEqual(6);
  });
});

test('there is a form for bugs and one for wishes, and no blank issues', () => {
  expect(forms.sort()).toEqual(['bug.yml', 'feature.yml']);
  expect(parse(read(`${folder}/config.yml`))).toMatchObject({ blank_issues_enabled: false });
});

describe.each([pullRequest, ...forms.map((name) => `${folder}/${name}`)])('%s', (path) => {
  const text = read(path);

  test('names only scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
    for (const [, script] of text.matchAll(/npm run (?:-s )?([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(script);
  });

  test('names only files and variables that exist', () => {
    for (const [, file] of text.matchAll(/`([\w./-]+\/[\w.-]*|\w+\.(?:md|json))`/g))
      expect([file, existsSync(new URL(file!, root))]).toEqual([file, true]);
    for (const [, variable] of text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g))
      expect(read('.env.example')).toContain(`${variable}=`);
  });
});
