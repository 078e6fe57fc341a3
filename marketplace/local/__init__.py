"""The whole product on one machine: a private database and Redis, then web, worker and timer.

Owns processes and their files under `var/`, no settings and no domain. Start reading at `__main__.py`.
"""
