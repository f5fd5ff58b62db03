/** The operations that the playground shows first, each in a tab of its own, and which run as they are. */

const watch = `# Press play and leave it running: it shows every change of every dispatch, as it happens.
# Then open this page in a second window and run "Create" there.

subscription Board {
  dispatchesUpdated {
    cursor
    changeType
    previousEstado
    timestamp
    dispatch {
      id
      estado
      prioridad
      version
      origen {
        direccion
      }
    }
  }
}
`;

const create = `mutation Create {
  createDispatch(
    input: {
      origen: { latitud: -16.4957, longitud: -68.1335, direccion: "Plaza Murillo" }
      prioridad: ALTA
      incidente: ACCIDENTE
    }
  ) {
    id
    estado
    version
  }
}
`;

const list = `query List {
  dispatchesCursor
  despachos(limit: 10) {
    id
    estado
    prioridad
    version
  }
}
`;

export const examples: readonly string[] = [watch, create, list];
