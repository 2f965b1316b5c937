# syntax=docker/dockerfile:1
# The program on a Java of its own, without the embedded database: DB_HOST or DB_URL has to be set.
#
#   docker build --tag flashsale:0.1.0-SNAPSHOT .
#
# The same sources give the same layers, but for the last one, the AOT cache: what a JVM has learnt is never the same twice.
# For the same times in them, too: docker buildx build --output type=image,rewrite-timestamp=true

ARG BUILD_IMAGE=eclipse-temurin:25-jdk-noble
ARG DATABASE_IMAGE=postgres:17.11
ARG BASE_IMAGE=debian:13-slim

# ---- The program, and the parts of Java that it needs -------------------------------------------------------------------
FROM ${BUILD_IMAGE} AS build
ARG SOURCE_DATE_EPOCH=1767225600
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.m2 \
  ./mvnw -B -ntp -q package -Dmaven.test.skip -Daot.skip -Dembedded.scope=test \
  && ! ls target/flashsale/lib | grep embedded-postgres-binaries
# The cache below remembers the times of the jars.
RUN cp -r target/flashsale deploy/image/probe /opt/ && mv /opt/probe /opt/flashsale/bin/ \
  && find /opt/flashsale -exec touch --no-dereference --date=@${SOURCE_DATE_EPOCH} {} +
# jdk.jcmd and jdk.jfr are for those who look into a running node.
RUN jlink --output /opt/java --strip-debug --no-header-files --no-man-pages \
  --add-modules java.desktop,java.instrument,java.management,java.naming,java.net.http,java.security.jgss,java.security.sasl,java.sql,jdk.crypto.ec,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs

# ---- What the JVM learns from a synthetic sale --------------------------------------------------------------------------
FROM ${DATABASE_IMAGE} AS train
COPY --from=build /opt/java /opt/java
COPY --from=build /opt/flashsale /opt/flashsale
USER postgres
ENV JAVA_HOME=/opt/java DB_HOST=127.0.0.1 DB_USER=postgres DB_NAME=postgres
RUN initdb --pgdata=/tmp/database --auth=trust >/dev/null \
  && pg_ctl --pgdata=/tmp/database --options='-c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp' --wait --log=/tmp/log start \
  && JAVA_OPTS='-XX:AOTCacheOutput=/tmp/flashsale.aot -Xlog:disable' /opt/flashsale/bin/flashsale warm-up \
  && pg_ctl --pgdata=/tmp/database --wait stop >/dev/null \
  && chmod 0644 /tmp/flashsale.aot

# ---- The image ----------------------------------------------------------------------------------------------------------
FROM ${BASE_IMAGE}
ARG VERSION=0.1.0-SNAPSHOT
ARG REVISION=unknown
LABEL org.opencontainers.image.title="flashsale" \
  org.opencontainers.image.description="A flash-sale system of sharded persistent actors whose journal is the source of truth" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENV JAVA_HOME=/opt/java
ENV PATH=/opt/flashsale/bin:/opt/java/bin:/usr/local/bin:/usr/bin:/bin
ENV HOME=/tmp
# All addresses of the container; the management port is its own alone, and answers the health check.
ENV HTTP_HOST=0.0.0.0
ENV MANAGEMENT=on
ENV LOG_FORMAT=json
COPY --from=build /opt/java /opt/java
COPY --from=build /opt/flashsale /opt/flashsale
COPY --from=train /tmp/flashsale.aot /opt/flashsale/lib/flashsale.aot
# Any user will do: nothing is written but to /tmp.
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080 8558 25520
STOPSIGNAL SIGTERM
# Until it is ready a node may take as long as its database, its cluster and its warm-up.
HEALTHCHECK --interval=5s --timeout=3s --start-period=4m --retries=3 CMD ["probe", "127.0.0.1", "8558", "/ready"]
ENTRYPOINT ["flashsale"]
