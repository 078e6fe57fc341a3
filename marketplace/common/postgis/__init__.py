"""Django's PostGIS backend, which here never hands out a connection that died in the pool."""
