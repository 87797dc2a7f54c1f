# One image for migrations, code server, webserver and daemon; each takes its command from docker-compose.yml.
FROM python:3.13.14-slim-bookworm AS build
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY sql sql
COPY xpert_pipeline xpert_pipeline
RUN pip install --no-deps --no-build-isolation .

FROM python:3.13.14-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XPERT_DATA_DIR=/var/lib/xpert \
    XPERT_SPOOL_DIR=/var/lib/xpert/spool \
    DAGSTER_HOME=/var/lib/xpert/dagster
RUN useradd --system --uid 10001 --home-dir /var/lib/xpert --shell /usr/sbin/nologin xpert \
 && install --directory --owner=xpert --group=xpert --mode=0700 /var/lib/xpert /var/lib/xpert/spool /var/lib/xpert/dagster
COPY --from=build /opt/venv /opt/venv
COPY deploy/entrypoint.sh deploy/prepare_database.sh deploy/pipeline_login.py deploy/workspace.yaml /opt/xpert/
COPY --chown=xpert:xpert deploy/dagster.yaml /var/lib/xpert/dagster/dagster.yaml
USER xpert
WORKDIR /var/lib/xpert
ENTRYPOINT ["/opt/xpert/entrypoint.sh"]
CMD ["xpert", "--help"]
