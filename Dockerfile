# syntax=docker/dockerfile:1
# One static binary in an empty image: no shell, no package, no root.

FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev gcc
WORKDIR /src
COPY . .
ARG SEKISHO_COMMIT=unknown
# On Alpine the toolchain links statically by itself.
RUN cargo build --release --locked --package sekisho --bin sekisho \
    && cp target/release/sekisho /sekisho

FROM scratch
COPY --from=build /sekisho /sekisho
USER 65532:65532
EXPOSE 8443 9090
ENTRYPOINT ["/sekisho"]
