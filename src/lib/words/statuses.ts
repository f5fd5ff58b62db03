/** The words of the schema for how far a dispatch has come and how urgent it is: configuration, record and events have the same. */
export const activeEstados = ['PENDIENTE', 'ASIGNADO', 'EN_CAMINO', 'EN_SITIO', 'TRASLADANDO'] as const;
/** Nothing follows. */
export const endedEstados = ['COMPLETADO', 'CANCELADO'] as const;
export const estados = [...activeEstados, ...endedEstados] as const;
export type Estado = (typeof estados)[number];
export const prioridades = ['BAJA', 'MEDIA', 'ALTA', 'CRITICA'] as const;
export type Prioridad = (typeof prioridades)[number];

/** False also for a word that is none of these: a newer version may have written it. */
export const isEnded = (estado: string): boolean => endedEstados.some((ended) => ended === estado);

/** Whether they are words that this version knows. */
export const isKnownEstado = (word: string): word is Estado => estados.some((estado) => estado === word);
export const isKnownPrioridad = (word: string): word is Prioridad =>
  prioridades.some((prioridad) => prioridad === word);
