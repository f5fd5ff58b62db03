/** Bounds on the text of an operation: its depth, aliases, directives and tokens. */
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import type { GraphQLError, ParseOptions, ValidationContext, ValidationRule } from 'graphql';
import { ClientError } from '../lib/errors.ts';

export interface OperationLimits {
  /** Levels of fields, fragments expanded. `__schema` is not counted: graphql-js bounds it by itself. */
  readonly maxDepth: number;
  /** Aliases in one operation, fragments expanded. */
  readonly maxAliases: number;
  /** Tokens in one document. */
  readonly maxTokens: number;
  /** Uses of directives in one document. */
  readonly maxDirectives: number;
}

const exceeded = (message: string) => new ClientError('GRAPHQL_VALIDATION_FAILED', message);

/** graphql-armor calls its errors syntax errors, and throws them; here they become validation errors like any others. */
const reporting = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, error: GraphQLError) =>
      context?.reportError(exceeded(error.message.replace(/^Syntax Error: /, ''))),
  ],
};

function maxDirectivesRule(max: number): ValidationRule {
  return (context) => {
    let count = 0;
    return {
      Directive() {
        count += 1;
      },
      Document: {
        leave() {
          if (count > max)
            context.reportError(exceeded(`Directives limit of ${max} exceeded, found ${count}.`));
        },
      },
    };
  };
}

/** The limits as graphql-js takes them. */
export interface TextLimits {
  /** Besides the rules of the specification. */
  readonly validationRules: readonly ValidationRule[];
  readonly parseOptions: ParseOptions;
}

export function createLimits({
  maxDepth,
  maxAliases,
  maxTokens,
  maxDirectives,
}: OperationLimits): TextLimits {
  return {
    validationRules: [
      maxDepthRule({ n: maxDepth, flattenFragments: true, ...reporting }),
      maxAliasesRule({ n: maxAliases, ...reporting }),
      maxDirectivesRule(maxDirectives),
    ],
    parseOptions: { maxTokens },
  };
}
