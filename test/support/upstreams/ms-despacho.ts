/** A stand-in of MS Despacho: its REST routes, with their oddities. */
import { createdJson, pageJson, rowJson, showJson, trackJson } from './ms-despacho-json.ts';
import { activos, DespachoModel, estados, type Despacho } from './ms-despacho-model.ts';
import { startStandIn, type StandIn, type StandInRequest, type StandInResponse } from './stand-in.ts';

export interface MsDespachoStandInOptions {
  readonly now?: () => number;
  readonly port?: number;
  /** Whether there is an ambulance wherever help is needed. Default true. */
  readonly isFleetEndless?: boolean;
}

export interface MsDespachoStandIn extends StandIn {
  readonly model: DespachoModel;
  /** How long a new status is there without its dates, milliseconds. */
  partialMs: number;
  /** Called when MS Despacho announces a change, which is before its dates are saved. */
  onChange: (despacho: Despacho) => void;
}

const prioridades = ['baja', 'media', 'alta', 'critica'];
const incidentes = ['accidente', 'emergencia_medica', 'traslado', 'otro'];

type Body = Readonly<Record<string, unknown>>;
type Messages = Record<string, string[]>;

export async function startMsDespacho(options: MsDespachoStandInOptions = {}): Promise<MsDespachoStandIn> {
  const { now = Date.now, port = 0, isFleetEndless = true } = options;
  const model = new DespachoModel(now, isFleetEndless);
  const standIn = await startStandIn((request) => route(request), port);
  const own: MsDespachoStandIn = Object.assign(standIn, { model, partialMs: 0, onChange: () => {} });

  function route(request: StandInRequest): StandInResponse | Promise<StandInResponse> {
    const { method, path } = request;
    const body = (request.body ?? {}) as Body;
    if (path === '/api/v1/health') return ok({ status: 'ok', service: 'ms-despacho', version: '1.0.0' });
    if (path === '/api/v1/despachos') return method === 'POST' ? create(body) : list(request);
    const [, id = '', rest] = /^\/api\/v1\/despachos\/([^/]+)(\/rastreo)?$/.exec(path) ?? [];
    if (id === '') return { status: 404, body: { message: `The route ${path} could not be found.` } };
    // A type error of its own.
    if (!/^\d+$/.test(id)) return { status: 500, body: { message: 'Argument #1 ($id) must be of type int' } };
    const despacho = model.despachos.get(Number(id));
    if (rest) return method === 'POST' ? track(despacho, body) : notAllowed(method);
    if (method === 'PATCH') return patch(despacho, body);
    if (method !== 'GET') return notAllowed(method);
    return despacho ? ok(showJson(despacho)) : missing;
  }

  function list({ query, path }: StandInRequest): StandInResponse {
    const [estado, prioridad] = [query.get('estado'), query.get('prioridad')];
    const onlyActive = ['1', 'true', 'on', 'yes'].includes(query.get('activos') ?? '');
    const rows = [...model.despachos.values()]
      .filter((each) => estado === null || each.estado === estado)
      .filter((each) => prioridad === null || each.prioridad === prioridad)
      .filter((each) => !onlyActive || activos.includes(each.estado))
      .sort((a, b) => b.solicitud - a.solicitud || b.id - a.id);
    const perPage = Number(query.get('per_page') ?? 15);
    return ok(pageJson(rows, Number(query.get('page') ?? 1), perPage, standIn.url + path));
  }

  function create(body: Body): StandInResponse {
    const messages: Messages = {};
    number(messages, body, 'ubicacion_origen_lat', -90, 90, true);
    number(messages, body, 'ubicacion_origen_lng', -180, 180, true);
    number(messages, body, 'ubicacion_destino_lat', -90, 90);
    number(messages, body, 'ubicacion_destino_lng', -180, 180);
    for (const field of ['direccion_origen', 'direccion_destino'])
      if (String(body[field] ?? '').length > 255)
        messages[field] = [`The ${field} field must not be greater than 255 characters.`];
    oneOf(messages, body, 'prioridad', prioridades);
    oneOf(messages, body, 'incidente', incidentes);
    if (Object.keys(messages).length > 0) return invalid(messages);
    const created = model.create({
      prioridad: String(body['prioridad'] ?? 'media'),
      incidente: String(body['incidente'] ?? 'emergencia_medica'),
      origen: placeOf(body, 'origen'),
      destino: body['ubicacion_destino_lat'] == null ? null : placeOf(body, 'destino'),
      observaciones: (body['observaciones'] as string | undefined) ?? null,
    });
    if (!created)
      return {
        status: 503,
        body: { error: 'No se pudo crear el despacho', message: 'No hay recursos disponibles' },
      };
    own.onChange(created);
    return { status: 201, body: { message: 'Despacho creado exitosamente', data: createdJson(created) } };
  }

  async function patch(despacho: Despacho | undefined, body: Body): Promise<StandInResponse> {
    const messages: Messages = {};
    oneOf(messages, body, 'estado', estados, true);
    // Before it looks whether there is such a dispatch.
    if (Object.keys(messages).length > 0) return invalid(messages);
    if (!despacho) return missing;
    model.setEstado(despacho, String(body['estado']));
    own.onChange(despacho);
    if (own.partialMs > 0) await new Promise((resolve) => setTimeout(resolve, own.partialMs));
    model.setDates(despacho);
    return ok({ message: 'Estado actualizado exitosamente', data: rowJson(despacho) });
  }

  function track(despacho: Despacho | undefined, body: Body): StandInResponse {
    const messages: Messages = {};
    number(messages, body, 'latitud', -90, 90, true);
    number(messages, body, 'longitud', -180, 180, true);
    number(messages, body, 'velocidad', 0, Infinity);
    number(messages, body, 'precision', 0, Infinity);
    if (Object.keys(messages).length > 0) return invalid(messages);
    if (!despacho) return missing;
    // decimal(5,2): more is an error of its database.
    if (Number(body['velocidad'] ?? 0) > 999.99)
      return { status: 500, body: { message: 'SQLSTATE[22003]: Numeric value out of range' } };
    const optional = (field: string) => (body[field] === undefined ? null : Number(body[field]));
    const point = model.report(despacho, {
      latitud: Number(body['latitud']),
      longitud: Number(body['longitud']),
      ...{ velocidad: optional('velocidad'), altitud: optional('altitud'), precision: optional('precision') },
    });
    return {
      status: 201,
      body: { message: 'Ubicación registrada exitosamente', data: trackJson(despacho, point) },
    };
  }

  return own;
}

const ok = (body: unknown): StandInResponse => ({ status: 200, body });
const missing: StandInResponse = { status: 404, body: { error: 'Despacho no encontrado' } };
const invalid = (messages: Messages): StandInResponse => ({
  status: 422,
  body: { error: 'Datos inválidos', messages },
});
const notAllowed = (method: string): StandInResponse => ({
  status: 405,
  body: { message: `The ${method} method is not supported for this route.` },
});

function placeOf(body: Body, name: 'origen' | 'destino') {
  return {
    lat: Number(body[`ubicacion_${name}_lat`]),
    lng: Number(body[`ubicacion_${name}_lng`]),
    direccion: (body[`direccion_${name}`] as string | undefined) ?? null,
  };
}

function number(messages: Messages, body: Body, field: string, min: number, max: number, isRequired = false) {
  const value = body[field];
  if (value == null) {
    if (isRequired) messages[field] = [`The ${field} field is required.`];
  } else if (typeof value !== 'number' || value < min || value > max)
    messages[field] = [`The ${field} field must be between ${min} and ${max}.`];
}

function oneOf(messages: Messages, body: Body, field: string, words: readonly string[], isRequired = false) {
  const value = body[field];
  if (value == null && !isRequired) return;
  if (!words.includes(String(value))) messages[field] = [`The selected ${field} is invalid.`];
}
