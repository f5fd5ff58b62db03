/** Every element of the SDL says what it is. */
import { expect, test } from '@jest/globals';
import { Kind, visit, type ASTNode } from 'graphql';
import { readTypeDefs } from '../../src/schema/schema.ts';

const describable: readonly string[] = [
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.DIRECTIVE_DEFINITION,
  Kind.FIELD_DEFINITION,
  Kind.INPUT_VALUE_DEFINITION,
  Kind.ENUM_VALUE_DEFINITION,
];

test('every type, field, argument, enum value and directive has a description', () => {
  const path: string[] = [];
  const described: string[] = [];
  const undescribed: string[] = [];
  const nameOf = (node: ASTNode) => ('name' in node && node.name ? node.name.value : '');
  visit(readTypeDefs(), {
    enter(node) {
      path.push(nameOf(node));
      if (!describable.includes(node.kind)) return;
      const text = 'description' in node ? node.description?.value.trim() : undefined;
      (text ? described : undescribed).push(path.filter(Boolean).join('.'));
    },
    leave() {
      path.pop();
    },
  });
  expect(undescribed).toEqual([]);
  expect(described.length).toBeGreaterThan(150);
});
