# One image for every process: api, sockets, worker, timer and the one-shot `prepare` (see deploy/entrypoint.sh).

FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /app

# Dependencies first: this layer is rebuilt only when they change. Wheels only, so no compiler is needed; GDAL and
# GEOS come inside the pyogrio wheel. The environment has no pip of its own.
COPY requirements.txt ./
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --require-hashes --only-binary=:all: -r requirements.txt

COPY . .

# Packages for some settings alone (Stripe, pushes): a file beside this one, pinned and hashed as well (docs/operations.md).
# Both files are read, so that none of our own pins gives way.
ARG EXTRA_REQUIREMENTS=
RUN [ -z "$EXTRA_REQUIREMENTS" ] || pip --python /opt/venv/bin/python install \
    --require-hashes --only-binary=:all: -r requirements.txt -r "$EXTRA_REQUIREMENTS"

# Settings refuse to load without secrets. These two exist for this one command and are written nowhere.
RUN APP_ENV=production VAR_DIR=/app/var BASE_URL=https://build.invalid \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_hex(48))')" \
    JWT_SECRET="$(python -c 'import secrets; print(secrets.token_hex(48))')" \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
 && rm -rf var/log \
 && /opt/venv/bin/python -m compileall -q . \
 && chmod -R a+rX /app


FROM python:3.11-slim-bookworm

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Campus Market" \
      org.opencontainers.image.description="A campus marketplace that a university can run for real." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# A fixed number, so that volumes and policies can name it. Nothing here can install anything.
RUN groupadd --system --gid 10001 market \
 && useradd --system --uid 10001 --gid market --home-dir /tmp --no-create-home --shell /usr/sbin/nologin market \
 && python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip

COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

# All that is ever written: logs, and media where no S3 is configured. The rest may be read-only.
RUN install --directory --owner=market --group=market --mode=0750 /app/var/log /app/var/media

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    APP_ENV=production \
    VAR_DIR=/app/var

USER 10001:10001
WORKDIR /app
EXPOSE 8000
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "deploy/healthcheck.py", "http"]

ENTRYPOINT ["/bin/sh", "/app/deploy/entrypoint.sh"]
CMD ["api"]
