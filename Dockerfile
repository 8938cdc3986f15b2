# The base, a Debian 12 or what is like it: debian:12-slim of August 3, 2026, for all its architectures. Whoever builds
# with another names it by --build-arg BASE=debian:12-slim.
ARG BASE=docker.io/library/debian@sha256:abd67ffcfa541b485a3dff59865ab629aa048a6c613e639d36e7456b0b229241
# Where the distribution comes from: `build` makes it here, `built` takes target/netpol as `./dev build` left it.
ARG DIST=build
# The programs of the kernel. Debian's iptables brings both of its back-ends, nft and legacy. An image for the back-end
# nftables alone needs neither iptables nor ipset: --build-arg TOOLS="nftables conntrack iproute2".
ARG TOOLS="iptables ipset nftables conntrack iproute2"

FROM ${BASE} AS build
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends openjdk-17-jdk-headless curl ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY .mvn .mvn
COPY mvnw pom.xml ./
COPY routes routes
COPY src src
RUN LC_ALL=C.UTF-8 ./mvnw --batch-mode --no-transfer-progress package -Dmaven.test.skip=true \
 && mv target/netpol /netpol

FROM scratch AS built
COPY target/netpol /netpol

FROM ${DIST} AS dist

# A JRE of the standard modules and a few of the JDK's, half the size of Debian's.
FROM ${BASE} AS jre
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends openjdk-17-jdk-headless binutils \
 && rm -rf /var/lib/apt/lists/*
RUN jlink --output /opt/java --strip-debug --compress=2 --no-header-files --no-man-pages \
      --add-modules java.se,jdk.unsupported,jdk.crypto.ec,jdk.management,jdk.management.agent,jdk.naming.dns,jdk.zipfs,jdk.jcmd,jdk.jfr \
 && /opt/java/bin/java -Xshare:dump

FROM ${BASE}
LABEL org.opencontainers.image.title="camel-netpol" \
      org.opencontainers.image.description="A Kubernetes NetworkPolicy controller that is an Apache Camel application" \
      org.opencontainers.image.licenses="Apache-2.0"
ARG TOOLS
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${TOOLS} \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/*
COPY --from=jre /opt/java /opt/java
COPY --from=dist /netpol/bin /opt/netpol/bin
COPY --from=dist /netpol/conf /opt/netpol/conf
COPY --from=dist /netpol/routes /opt/netpol/routes
# Only what the agent and its commands need: not lib/demo, which only the command demo loads.
COPY --from=dist /netpol/lib/*.jar /opt/netpol/lib/
# The root file system is read-only in the cluster.
ENV JAVA_HOME=/opt/java HOME=/tmp LC_ALL=C.UTF-8
# Here and not before: it holds for this JVM, these files and this path.
RUN /opt/netpol/bin/netpol-archive \
 && rm /opt/netpol/bin/netpol-archive \
 && ln -s /opt/netpol/bin/netpol /usr/local/bin/netpol
ENTRYPOINT ["/opt/netpol/bin/netpol"]
CMD ["run"]
