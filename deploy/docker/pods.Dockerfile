# The images that Keelson's pods run in, for those who build with Docker: one target each.
#
#   docker build -f deploy/docker/pods.Dockerfile --target sklearn-server -t keelson/sklearn-server:1 .
#
# deploy/images/build.ts makes the same without an engine, and is what the tests run.
FROM python:3.13-slim-bookworm AS base
RUN useradd --create-home --uid 1000 keelson
ENV HOME=/home/keelson LANG=C.UTF-8 PYTHONUNBUFFERED=1
COPY python/environments/ml/requirements.lock /tmp/requirements.lock
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/requirements.lock && rm /tmp/requirements.lock
USER 1000:1000
WORKDIR /home/keelson

FROM base AS python
COPY python/keelson /usr/local/lib/python3.13/site-packages/keelson
CMD ["python"]

FROM base AS sklearn-server
COPY python/keelson_server /usr/local/lib/python3.13/site-packages/keelson_server
ENTRYPOINT ["python", "-m", "keelson_server"]

FROM base AS telco-churn
COPY --chown=1000:1000 examples/telco-churn /home/keelson
CMD ["python", "train.py"]

FROM python:3.13-slim-bookworm AS files
RUN useradd --create-home --uid 1000 keelson
ENV HOME=/home/keelson LANG=C.UTF-8 PYTHONUNBUFFERED=1
COPY python/keelson_files /usr/local/lib/python3.13/site-packages/keelson_files
USER 1000:1000
WORKDIR /home/keelson
ENTRYPOINT ["python", "-m", "keelson_files"]

FROM python:3.13-slim-bookworm AS tensorboard
RUN useradd --create-home --uid 1000 keelson
ENV HOME=/home/keelson LANG=C.UTF-8 PYTHONUNBUFFERED=1
COPY python/environments/tensorboard/requirements.lock /tmp/requirements.lock
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/requirements.lock && rm /tmp/requirements.lock
USER 1000:1000
WORKDIR /home/keelson
ENTRYPOINT ["python", "-m", "tensorboard.main"]

FROM python:3.13-slim-bookworm AS jupyter
RUN useradd --create-home --uid 1000 --gid 100 jovyan
ENV HOME=/home/jovyan LANG=C.UTF-8 PYTHONUNBUFFERED=1
COPY python/environments/jupyter/requirements.lock /tmp/requirements.lock
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock && rm /tmp/requirements.lock
COPY python/keelson /usr/local/lib/python3.13/site-packages/keelson
COPY python/keelson_jupyter /usr/local/lib/python3.13/site-packages/keelson_jupyter
USER 1000:100
WORKDIR /home/jovyan
CMD ["python", "-m", "keelson_jupyter"]
