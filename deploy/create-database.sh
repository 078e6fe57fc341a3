#!/bin/sh
# Run once by the database container, on an empty volume: the product's role and database. The role owns its
# database and nothing else; the extensions are made here because only a superuser may make PostGIS.
set -eu

psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --set ON_ERROR_STOP=1 \
  --set role="$DB_USER" --set name="$DB_NAME" <<'SQL'
\getenv password DB_PASSWORD
CREATE ROLE :"role" LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE;
CREATE DATABASE :"name" OWNER :"role" TEMPLATE template0 ENCODING 'UTF8';
\connect :"name"
CREATE EXTENSION postgis;
CREATE EXTENSION pgcrypto;
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE EXTENSION btree_gist;
CREATE EXTENSION btree_gin;
SQL
