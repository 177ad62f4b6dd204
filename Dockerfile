# syntax=docker/dockerfile:1
# NIMBA in a container.
#   on the CPU:   docker build -t nimba .
#   with CUDA:    docker build -t nimba:cuda --build-arg BASE=nvidia/cuda:12.8.1-devel-ubuntu24.04 --build-arg KERNELS=1 .
#   a file:       docker run --rm -v "$PWD:/data" nimba classify /data/chair.ply
#   training:     docker run --rm --gpus all --user "$(id -u):$(id -g)" -v "$PWD/data:/opt/nimba/data" \
#                     -v "$PWD/runs:/opt/nimba/runs" --entrypoint python nimba:cuda \
#                     train.py fit --config configs/modelnet40.yaml
# A tag can be moved, a digest cannot. To build on one and the same base for good, give its digest:
#   docker buildx imagetools inspect debian:12-slim    prints it
#   docker build --build-arg BASE=debian:12-slim@sha256:... .
ARG BASE=debian:12-slim
FROM ${BASE}

# KERNELS=1 builds mamba-ssm and causal-conv1d, which needs a base image with nvcc.
ARG KERNELS=0
ENV PATH=/opt/nimba/.venv/bin:$PATH PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/opt/nimba/.kernels
# gcc and python3-dev: Triton compiles a launcher for each of its kernels where it runs, with or without the above.
# The versions of Debian's packages are its security team's to choose.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev make python3 python3-dev \
    && if [ "$KERNELS" = 1 ]; then apt-get install -y --no-install-recommends g++; fi \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/nimba
COPY . .
# The cache holds what was downloaded for the next build; it is not part of the image.
RUN --mount=type=cache,target=/root/.cache/uv make env && rm -rf /var/lib/apt/lists/*
# By their hashes. FORCE_BUILD: from these sources; else their setup would fetch a built wheel that no hash is known of.
RUN if [ "$KERNELS" = 1 ]; then \
        MAMBA_KEEP_CUDA_BUILD=TRUE MAMBA_FORCE_BUILD=TRUE CAUSAL_CONV1D_FORCE_BUILD=TRUE \
            python -m pip install --no-cache-dir --no-build-isolation --no-deps --require-hashes \
            --requirement requirements-cuda.lock; \
    fi

# Nothing runs as root. Compiled kernels and what libraries keep go where any user, also one of --user, may write.
ENV HOME=/home/nimba
RUN groupadd --gid 10001 nimba \
    && useradd --uid 10001 --gid 10001 --create-home --home-dir /home/nimba nimba \
    && python -m compileall -q nimba \
    && mkdir -p data runs demo \
    && chown nimba:nimba data runs demo \
    && chmod 1777 /home/nimba data runs demo
USER 10001:10001

HEALTHCHECK --interval=5m --timeout=2m CMD ["nimba", "doctor"]
ENTRYPOINT ["nimba"]
CMD ["--help"]
