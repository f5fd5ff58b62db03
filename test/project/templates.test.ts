/** Holds the templates for issues and pull requests to the form that GitHub takes, and to commands and files that there are. */
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

/** GitHub shows no form at all where one field is not of its kind, and says so to nobody but who opens the file. */
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

  test('has fields that GitHub takes', () => {
    expect(form.name && form.description).toBeTruthy();
    expect(form.body.flatMap(problemsOf)).toEqual([]);
    for (const key of [({ id }: Field) => id, ({ attributes }: Field) => attributes.label])
      expect(new Set(asked.map(key)).size).toBe(asked.length);
  });

  test('asks for little that has to be answered', () => {
    const required = asked.filter(({ validations }) => validations?.required);
    expect(required.length).toBeGreaterThan(0);
    expect(required.length).toBeLessThanOrEqual(6);
  });
});

test('there is a form for faults and one for wishes, and no blank issue beside them', () => {
  expect(forms.sort()).toEqual(['bug.yml', 'feature.yml']);
  expect(parse(read(`${folder}/config.yml`))).toMatchObject({ blank_issues_enabled: false });
});

describe.each([pullRequest, ...forms.map((name) => `${folder}/${name}`)])('%s', (path) => {
  const text = read(path);

  test('names scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
    for (const [, script] of text.matchAll(/npm run (?:-s )?([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(script);
  });

  test('names files and variables that there are', () => {
    for (const [, file] of text.matchAll(/`([\w./-]+\/[\w.-]*|\w+\.(?:md|json))`/g))
      expect([file, existsSync(new URL(file!, root))]).toEqual([file, true]);
    for (const [, variable] of text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g))
      expect(read('.env.example')).toContain(`${variable}=`);
  });
});
