# syntax=docker/dockerfile:1
# NIMBA in a container.
#   on the CPU:   docker build -t nimba .
#   with CUDA:    docker build -t nimba:cuda --build-arg BASE=nvidia/cuda:12.8.1-devel-ubuntu24.04 --build-arg KERNELS=1 .
#   a file:       docker run --rm -v "$PWD:/data" nimba classify /data/chair.ply
#   training:     docker run --rm --gpus all -v "$PWD/data:/opt/nimba/data" -v "$PWD/runs:/opt/nimba/runs" \
#                     --entrypoint python nimba:cuda train.py fit --config configs/modelnet40.yaml
ARG BASE=debian:12-slim
FROM ${BASE}

# KERNELS=1 builds mamba-ssm and causal-conv1d, which needs a base image with nvcc.
ARG KERNELS=0
ENV PATH=/opt/nimba/.venv/bin:$PATH PYTHONUNBUFFERED=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates make python3 \
    && if [ "$KERNELS" = 1 ]; then apt-get install -y --no-install-recommends g++ python3-dev; fi \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/nimba
COPY . .
# The cache holds what was downloaded for the next build; it is not part of the image.
RUN --mount=type=cache,target=/root/.cache/uv make env && rm -rf /var/lib/apt/lists/*
RUN if [ "$KERNELS" = 1 ]; then \
        MAMBA_KEEP_CUDA_BUILD=TRUE python -m pip install --no-cache-dir --no-build-isolation --editable '.[cuda]'; \
    fi

ENTRYPOINT ["nimba"]
CMD ["--help"]
