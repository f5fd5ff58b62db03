// The few rules that matter: the import arrows of the architecture, promises nobody waits for, a described schema.
import { builtinModules } from 'node:module';
import { defineConfig } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { clockRules } from './eslint.clock.js';
import { importZones } from './eslint.rooms.js';
import { describedSchema } from './eslint.schema.js';

const ENVIRONMENT = { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' };
const SYSTEM_TIME = {
  object: 'Date',
  property: 'now',
  message: 'Take a Clock: times of two clocks cannot be compared, and tests move one by hand.',
};

const typescript = {
  files: ['**/*.ts'],
  extends: [tseslint.configs.base],
  plugins: { clock: clockRules, 'import-x': importX },
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })] },
  rules: {
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/consistent-type-imports': 'error',
    '@typescript-eslint/no-explicit-any': 'error',
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
    '@typescript-eslint/no-unnecessary-type-assertion': 'error',
    '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    '@typescript-eslint/only-throw-error': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'import-x/no-cycle': ['error', { ignoreExternal: true }],
    'import-x/no-default-export': 'error',
    'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: importZones }],
    'max-lines': ['error', 400],
    'no-restricted-properties': ['error', ENVIRONMENT, SYSTEM_TIME],
    'no-restricted-imports': [
      'error',
      {
        paths: [
          { name: 'node:process', importNames: ['env'], message: 'Only config.ts reads the environment.' },
          ...builtinModules
            .filter((name) => !name.startsWith('node:') && !name.startsWith('_'))
            .map((name) => ({ name, message: `Import node:${name}.` })),
        ],
      },
    ],
    'no-restricted-syntax': [
      'error',
      { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that owns the name.' },
    ],
    'prefer-const': 'error',
  },
};

export default defineConfig(
  { ignores: ['**/src/generated/', 'coverage/', '**/dist/', '.data/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  typescript,
  {
    files: ['src/config/config.ts', 'src/cli/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  { files: ['src/lib/clock.ts'], rules: { 'no-restricted-properties': ['error', ENVIRONMENT] } },
  { files: ['src/**/*.ts'], ignores: ['src/lib/clock.ts'], rules: { 'clock/no-wall-durations': 'error' } },
  {
    files: ['src/board/**/*.ts', 'packages/live/src/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ENVIRONMENT],
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^node:', message: 'The board and the client package run in browsers.' }] },
      ],
    },
  },
  { files: ['src/modules/index.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['codegen.ts', 'packages/live/codegen.ts'], rules: { 'import-x/no-default-export': 'off' } },
  describedSchema,
);
