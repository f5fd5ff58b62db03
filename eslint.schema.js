// What a schema must be like: described, named alike, without types that nothing leads to. Part of eslint.config.js, and
// read on its own by `npm run schema:check`.
import { readFileSync, readdirSync } from 'node:fs';
import graphqlEslint from '@graphql-eslint/eslint-plugin';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { concatAST, parse } from 'graphql';

/** As one SDL text, since graphql-eslint's own federation loader calls `buildSubgraphSchema` in the form that throws. */
function subgraphSdl() {
  const files = readdirSync('schema').filter((file) => file.endsWith('.graphql'));
  const typeDefs = concatAST(files.map((file) => parse(readFileSync(`schema/${file}`, 'utf8'))));
  return printSchemaWithDirectives(buildSubgraphSchema([{ typeDefs }]));
}

export const describedSchema = {
  files: ['schema/**/*.graphql'],
  plugins: { '@graphql-eslint': graphqlEslint },
  languageOptions: {
    parser: graphqlEslint.parser,
    parserOptions: { graphQLConfig: { schema: subgraphSdl() } },
  },
  rules: {
    '@graphql-eslint/known-argument-names': 'error',
    '@graphql-eslint/known-type-names': 'error',
    '@graphql-eslint/naming-convention': [
      'error',
      {
        types: 'PascalCase',
        FieldDefinition: 'camelCase',
        InputValueDefinition: 'camelCase',
        Argument: 'camelCase',
        DirectiveDefinition: 'camelCase',
        EnumValueDefinition: 'UPPER_CASE',
        'FieldDefinition[parent.name.value=Query]': {
          style: 'camelCase',
          forbiddenPrefixes: ['get', 'query'],
        },
      },
    ],
    '@graphql-eslint/no-hashtag-description': 'error',
    '@graphql-eslint/no-typename-prefix': 'error',
    '@graphql-eslint/no-unreachable-types': 'error',
    '@graphql-eslint/require-deprecation-reason': 'error',
    '@graphql-eslint/require-description': [
      'error',
      {
        types: true,
        rootField: true,
        FieldDefinition: true,
        InputValueDefinition: true,
        EnumValueDefinition: true,
        DirectiveDefinition: true,
      },
    ],
    '@graphql-eslint/unique-enum-value-names': 'error',
    '@graphql-eslint/unique-field-definition-names': 'error',
    '@graphql-eslint/unique-type-names': 'error',
  },
};

export default [describedSchema];
