/** Reads the operation from an HTTP request. */
import type { FastifyRequest } from 'fastify';
import { ClientError } from '../lib/errors.ts';
import { readDocumentId, type OperationRequest } from '../operations/request.ts';

/**
 * The operation of a request: the JSON body of a POST, the query string of a GET.
 *
 * @throws BAD_REQUEST when it has none, or not in this form
 */
export function parseOperationRequest({ method, body, query: search }: FastifyRequest): OperationRequest {
  const isGet = method === 'GET';
  const source = isGet ? search : body;
  if (Array.isArray(source))
    throw badRequest('Send one operation per request: batches of operations are not accepted.');
  if (!isObject(source)) throw badRequest('The request must be a JSON object with a query.');
  const read = (name: string) => readMap(name, isGet ? parseText(name, source[name]) : source[name]);
  const extensions = read('extensions');
  const documentId = source['documentId'] ?? null;
  if (documentId !== null && typeof documentId !== 'string')
    throw badRequest('"documentId" must be a string.');
  const query = source['query'] ?? '';
  const isNamed = readDocumentId({ query: '', documentId, extensions }) !== null;
  // GraphQL over HTTP, section 5.1: empty counts as none.
  const operationName = source['operationName'] === '' ? null : (source['operationName'] ?? null);
  if (typeof query !== 'string' || (query === '' && !isNamed))
    throw badRequest('"query" must be a non-empty string.');
  if (operationName !== null && typeof operationName !== 'string')
    throw badRequest('"operationName" must be a string.');
  return { query, documentId, operationName, variables: read('variables'), extensions };
}

/** Whether a request is one of GraphQL, whatever becomes of its operation. */
export function isOperationRequest(request: FastifyRequest): boolean {
  try {
    parseOperationRequest(request);
    return true;
  } catch (error) {
    return error instanceof ClientError && error.extensions['code'] !== 'BAD_REQUEST';
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
