# syntax=docker/dockerfile:1

# --- What the service needs of others ----------------------------------------------------------------------------------
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/live/package.json packages/live/
# The image brings Node itself. The package that brings it elsewhere is optional, and stays out with the others of its kind. The
# package for clients is in the lock file, and has to be there until what it needs is taken out with it.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional \
    && npm pkg delete workspaces \
    && npm prune --omit=dev --omit=optional \
    && rm -r packages
# What ships, for whoever has to know. npm sbom misses most of it unless the manifest says just that.
RUN npm pkg delete devDependencies optionalDependencies \
    && npm sbom --sbom-format=cyclonedx > sbom.cdx.json \
    && cp /usr/local/LICENSE LICENSE.node
# What never runs here: types, source maps, what packages bring for those who read or change them, the playground once more as
# CommonJS, SQLite's source and the binaries of other platforms. Licences stay.
RUN find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete \
    && find node_modules -type f -name '*.test.js' -delete \
    && find node_modules -type f -name '*.md' ! -iname '*licen[cs]e*' ! -iname '*notice*' -delete \
    && find node_modules -regextype egrep -type d \
        -regex '.*node_modules/(@[^/]+/)?[^/@][^/]*/(\.github|__tests__|benchmarks?|coverage|docs|examples?|tests?)' \
        -prune -exec rm -r {} + \
    && rm -r node_modules/@graphql-yoga/render-graphiql/cjs \
    && rm -r node_modules/better-sqlite3/deps node_modules/better-sqlite3/src \
    && find node_modules/better-sqlite3/prebuilds -type f ! -name "linux-$(node --print process.arch).node" -delete

# --- The service as it runs, without npm --------------------------------------------------------------------------------
FROM debian:bookworm-slim AS service
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && groupadd --gid 1000 dispatch \
    && useradd --uid 1000 --gid dispatch --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin dispatch \
    && install --directory --owner=dispatch --group=dispatch /data
COPY --from=dependencies /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=dependencies /app/ ./
COPY LICENSE ./
COPY schema/ schema/
COPY src/ src/
# DATA_DIR counts only where there is no DATABASE_URL: mount a volume there.
ENV NODE_ENV=production \
    DATA_DIR=/data

# --- What Node compiles at the first start, compiled once ---------------------------------------------------------------
FROM service AS compiled
RUN install --directory --owner=dispatch --group=dispatch node_modules/.cache
USER 1000:1000
# A service that does not start, or does not end on SIGTERM, makes no image.
RUN NODE_ENV=test HOST=127.0.0.1 PORT=0 DATA_DIR=:memory: REDIS_URL=redis://127.0.0.1:1 LOG_LEVEL=info bash -c ' \
    coproc node src/main.ts; service=$!; exec {log}<&${COPROC[0]}; \
    while read -r line <&$log; do echo "$line"; [[ $line != *\"msg\":\"ready\"* ]] || kill $service; done; \
    wait $service'

FROM service
COPY --from=compiled --chown=0:0 /app/node_modules/.cache/ node_modules/.cache/
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dispatch-subgraph" \
      org.opencontainers.image.description="An Apollo Federation subgraph whose subscriptions fan out over graphql-ws from Redis" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A number, so that Kubernetes can see that it is not root.
USER 1000:1000
EXPOSE 4004
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "--eval", "fetch('http://127.0.0.1:' + (process.env.PORT || 4004) + '/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# As the first process of a container Node would not end on signals that come before it listens for them.
ENTRYPOINT ["tini", "--"]
# Events stay a while: collected often and little, they hold nobody up, and there is less memory to give back. Nor does a signal open
# a debugger here, not even before the service listens to it.
CMD ["node", "--max-semi-space-size=16", "--min-semi-space-size=16", "--heap-growing-percent=100", "--disable-sigusr1", "src/main.ts"]
