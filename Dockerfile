ARG BASE=debian:12-slim

FROM ${BASE} AS build
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends openjdk-17-jdk-headless curl ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The demo and its jars stay out of the image.
RUN LC_ALL=C.UTF-8 ./mvnw --batch-mode --no-transfer-progress package -Dmaven.test.skip=true \
 && rm -r target/netpol/lib/demo

FROM ${BASE}
LABEL org.opencontainers.image.title="camel-netpol" \
      org.opencontainers.image.description="A Kubernetes NetworkPolicy controller that is an Apache Camel application" \
      org.opencontainers.image.licenses="Apache-2.0"
# Debian's iptables brings both back-ends, nft and legacy.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      openjdk-17-jre-headless iptables ipset conntrack \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/netpol /opt/netpol
# Here and not before: it holds for this JVM, these files and this path.
RUN /opt/netpol/bin/netpol-archive
# The root file system is read-only in the cluster.
ENV HOME=/tmp LC_ALL=C.UTF-8
ENTRYPOINT ["/opt/netpol/bin/netpol"]
CMD ["run"]
