#!/bin/sh
# Prints fresh values for every secret that docker-compose.yml asks for: sh deploy/new-secrets.sh >> .env
set -eu

random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

for name in SECRET_KEY JWT_SECRET; do
  echo "$name=$(random 48)"
done
for name in DB_PASSWORD DB_ADMIN_PASSWORD REDIS_PASSWORD S3_SECRET_KEY; do
  echo "$name=$(random 24)"
done
echo "S3_ACCESS_KEY=market$(random 6)"
