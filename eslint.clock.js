// The rule that no duration is a difference of times on the wall, which are set now and then.
import ts from 'typescript';

const arithmetic = new Set(['-', '+', '<', '<=', '>', '>=', '*', '/', '%', '+=', '-=']);

/** Whether a type is `WallTime` of src/lib/clock.ts, or may be: its mark is a property that no other number has. */
function isWallTime(type) {
  if (type.isUnion()) return type.types.some(isWallTime);
  return type.getProperties().some(({ escapedName }) => String(escapedName).startsWith('__@wall@'));
}

/** Whether a time on the wall is one number of many in a place of this type, so that nothing is known of it any more. */
function forgets(type) {
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(({ flags }) => flags & ts.TypeFlags.Number) && !isWallTime(type);
}

const noWallDurations = {
  meta: {
    type: 'problem',
    docs: { description: 'Durations, deadlines and ages are measured with Clock.elapsed.' },
    messages: {
      arithmetic:
        'The clock on the wall is set now and then. Measure with `elapsed()`; compare dates as src/lib/clock.ts does.',
      forgotten:
        'Nobody sees here that this is a time on the wall. Give it the type WallTime, or measure with `elapsed()`.',
      system: 'Take a Clock: tests move one by hand.',
      cache: 'The times of a cache are durations: give it `cacheTime(clock)`.',
    },
    schema: [],
  },
  create(context) {
    const { getTypeAtLocation, esTreeNodeToTSNodeMap, program } = context.sourceCode.parserServices;
    const checker = program.getTypeChecker();
    const calculate = (node) => {
      if (!arithmetic.has(node.operator)) return;
      if ([node.left, node.right].some((side) => isWallTime(getTypeAtLocation(side))))
        context.report({ node, messageId: 'arithmetic' });
    };
    const keep = (value, place) => {
      if (value && place && isWallTime(getTypeAtLocation(value)) && forgets(place))
        context.report({ node: value, messageId: 'forgotten' });
    };
    const call = (node) => {
      const signature = checker.getResolvedSignature(esTreeNodeToTSNodeMap.get(node));
      node.arguments.forEach((argument, index) => {
        const parameter = signature?.parameters[index];
        if (
          parameter?.valueDeclaration &&
          parameter.valueDeclaration.getSourceFile().fileName.includes('/src/')
        )
          keep(argument, checker.getTypeOfSymbol(parameter));
      });
    };
    return {
      BinaryExpression: calculate,
      AssignmentExpression(node) {
        calculate(node);
        if (node.operator === '=' || node.operator === '??=') keep(node.right, getTypeAtLocation(node.left));
      },
      VariableDeclarator(node) {
        if (node.id.typeAnnotation) keep(node.init, getTypeAtLocation(node.id));
      },
      PropertyDefinition(node) {
        keep(node.value, getTypeAtLocation(node));
      },
      CallExpression: call,
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0)
          context.report({ node, messageId: 'system' });
        call(node);
      },
      'Property[key.name="perf"]'(node) {
        const now = getTypeAtLocation(node.value).getProperty('now');
        const signature = now && checker.getTypeOfSymbol(now).getCallSignatures()[0];
        if (signature && isWallTime(signature.getReturnType())) context.report({ node, messageId: 'cache' });
      },
    };
  },
};

export const clockRules = { rules: { 'no-wall-durations': noWallDurations } };
