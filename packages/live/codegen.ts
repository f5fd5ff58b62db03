// What `npm run codegen` makes of schema/ for clients: the operations of this package with their types. Paths are those of the repository.
import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema/*.graphql',
  importExtension: '.ts',
  generates: {
    'packages/live/src/generated/operations.ts': {
      documents: 'packages/live/src/operations/*.graphql',
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        strictScalars: true,
        scalars: { Cursor: 'string', StreamPosition: 'string', DateTime: 'string', JSON: 'unknown' },
        enumsAsTypes: true,
        immutableTypes: true,
        skipTypename: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
