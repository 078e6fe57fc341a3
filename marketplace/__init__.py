"""The wiring of the product: settings, front door, addresses, background work.

Owns no domain data; the apps beside it do. Start reading at `settings.py`, then `urls.py` and `asgi.py`.
"""

from marketplace.celery import app as celery_app

__all__ = ["celery_app"]
