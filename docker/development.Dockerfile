# A machine to work on Parlour: what `make specs`, `make check`, `make up` and `make bench` would install is there.
FROM node:22-bookworm-slim AS node

FROM rust:1.95-bookworm
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium haproxy postgresql prometheus python3-venv redis-server sqlite3 \
 && rm -rf /var/lib/apt/lists/* \
 && rustup component add clippy rustfmt
COPY --from=node /usr/local/bin /usr/local/bin
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
# The image's own toolchain: rust-toolchain.toml would have the same one fetched again.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /parlour
CMD ["bash"]
