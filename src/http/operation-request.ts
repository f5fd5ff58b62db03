/** Owns how an operation stands in an HTTP request, for the transports that do not pass through Apollo Server. */
import type { FastifyRequest } from 'fastify';
import { ClientError } from '../lib/errors.ts';
import type { OperationPayload } from '../operations/operations.ts';

export interface OperationRequest extends OperationPayload {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/**
 * The operation of a request: the JSON body of a POST, the query string of a GET.
 *
 * @throws BAD_REQUEST when it has none, or not in this form
 */
export function parseOperationRequest({ method, body, query: search }: FastifyRequest): OperationRequest {
  const isGet = method === 'GET';
  const source = isGet ? search : body;
  if (!isObject(source)) throw badRequest('The request must be a JSON object with a query.');
  const { query, operationName = null } = source;
  if (typeof query !== 'string' || query === '') throw badRequest('"query" must be a non-empty string.');
  if (operationName !== null && typeof operationName !== 'string')
    throw badRequest('"operationName" must be a string.');
  const read = (name: string) => readMap(name, isGet ? parseText(name, source[name]) : source[name]);
  return { query, operationName, variables: read('variables'), extensions: read('extensions') };
}

/** The operation of a request, or null where `parseOperationRequest` would throw. */
export function readOperationRequest(request: FastifyRequest): OperationRequest | null {
  try {
    return parseOperationRequest(request);
  } catch (error) {
    if (error instanceof ClientError) return null;
    throw error;
  }
}

function readMap(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw badRequest(`"${name}" must be an object.`);
  return value;
}

function parseText(name: string, text: unknown): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(String(text));
  } catch {
    throw badRequest(`"${name}" must be JSON.`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badRequest(message: string): ClientError {
  return new ClientError('BAD_REQUEST', message);
}
