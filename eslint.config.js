// The few rules that matter: the import arrows of the architecture, promises nobody waits for, a described schema.
import { existsSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { defineConfig } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { describedSchema } from './eslint.schema.js';

const modules = existsSync('src/modules')
  ? readdirSync('src/modules', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  : [];

const BELOW_APP = [
  'auth',
  'composition',
  'db',
  'schema',
  'operations',
  'http',
  'transports',
  'lib',
  'modules',
  'realtime',
  'stores',
];

/** Who may import whom. A zone says: files of `target` may not import files of `from`, `except` some. */
const importArrows = [
  ...modules.map((name) => ({
    target: `./src/modules/${name}`,
    from: './src/modules',
    except: [`./${name}`],
    message: 'A module never imports another: return an entity reference or ask a loader.',
  })),
  {
    target: [
      './src/!(app).ts',
      './src/{auth,db,generated,http,lib,modules,realtime,stores}/**/*',
      './src/schema/!(schema).ts',
    ],
    from: './src/modules/index.ts',
    message: 'Only app.ts and schema/schema.ts know the list of modules.',
  },
  ...['modules', 'http', 'transports', 'cli', 'db'].map((folder) => ({
    target: './src/realtime',
    from: `./src/${folder}`,
    message: 'realtime knows no module and no transport: app.ts hands it what it needs.',
  })),
  ...['stores', 'db'].map((folder) => ({
    target: `./src/${folder}`,
    from: './src',
    except: [`./${folder}`, './lib', './observability'],
    message: `${folder} knows nothing above it.`,
  })),
  {
    target: './src/board',
    from: './src',
    except: ['./board'],
    message: 'The board runs in browsers, and knows of the service what its schema says.',
  },
  {
    target: './src/!(board)/**/*',
    from: './src/board',
    message: 'The service hands out the bundle in src/generated/board.',
  },
  { target: './src/lib', from: './src', except: ['./lib'], message: 'lib is free of the domain.' },
  {
    target: ['./src/!(app).ts', './src/{auth,cli,schema,operations,http,transports,lib,modules,realtime}/**/*'],
    from: ['./src/stores/{redis-connections,*/redis,*/memory}.ts', './src/db/{postgres,sqlite}.ts'],
    message: 'Only composition/ picks implementations: import the port.',
  },
  ...BELOW_APP.map((folder) => ({
    target: `./src/${folder}`,
    from: './src/{app,main,cli/**/*}.ts',
    message: 'What app.ts is made of does not know it.',
  })),
];

const typescript = {
  files: ['**/*.ts'],
  extends: [tseslint.configs.base],
  plugins: { 'import-x': importX },
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
    'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: importArrows }],
    'max-lines': ['error', 400],
    'no-restricted-properties': [
      'error',
      { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
    ],
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
  { ignores: ['src/generated/', 'coverage/', 'dist/', '.data/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  typescript,
  {
    files: ['src/config/config.ts', 'src/cli/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  {
    files: ['src/board/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^node:', message: 'The board runs in browsers.' }] },
      ],
    },
  },
  { files: ['src/modules/index.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['codegen.ts'], rules: { 'import-x/no-default-export': 'off' } },
  describedSchema,
);
