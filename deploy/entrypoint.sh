#!/bin/sh
# What a container of the one image is: `api`, `sockets`, `worker`, `timer`, `prepare`, `manage …`, or any command.
# Each ends in `exec`, so that the process itself receives the signal to stop.
set -eu
cd "$(dirname "$0")/.."

role="${1:-api}"
[ "$#" -eq 0 ] || shift
export PROCESS_NAME="${PROCESS_NAME:-$role}"
host="${API_HOST:-0.0.0.0}"
port="${API_PORT:-8000}"

case "$role" in
  api)
    # One process a container: its threads share one pool and one log. More come from more replicas.
    export WEB_THREADS="${WEB_THREADS:-4}"
    exec granian --interface wsgi --host "$host" --port "$port" --http 1 --no-ws \
      --workers 1 --blocking-threads "$WEB_THREADS" --backpressure "$((WEB_THREADS * 16))" \
      --workers-kill-timeout 20 marketplace.wsgi:application "$@"
    ;;
  sockets)
    export WEB_THREADS="${WEB_THREADS:-8}"
    # Who the client is, settings decide (TRUSTED_PROXIES), not the server; and settings alone configure logs.
    exec uvicorn marketplace.asgi:application --host "$host" --port "$port" \
      --ws marketplace.socket_server:SocketProtocol --ws-max-size 65536 --ws-ping-interval 25 --ws-ping-timeout 20 \
      --ws-per-message-deflate false --timeout-graceful-shutdown 20 \
      --no-proxy-headers --no-server-header --no-access-log --log-config marketplace/local/uvicorn_logging.json "$@"
    ;;
  worker)
    # Threads, not forks: a forked child would inherit its parent's database connections and log file.
    exec celery -A marketplace worker --pool threads --concurrency "${WORKER_THREADS:-4}" \
      --loglevel INFO --without-gossip --without-mingle "$@"
    ;;
  timer)
    exec celery -A marketplace beat --loglevel INFO --pidfile= "$@"
    ;;
  prepare)
    exec python manage.py prepare --no-static "$@"
    ;;
  manage)
    exec python manage.py "$@"
    ;;
  *)
    exec "$role" "$@"
    ;;
esac
