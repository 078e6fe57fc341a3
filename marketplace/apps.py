from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class MarketplaceConfig(AppConfig):
    name = "marketplace"

    def ready(self) -> None:
        from marketplace import checks  # noqa: F401  (registers itself)

        if settings.SENTRY_DSN:
            import sentry_sdk

            from marketplace.common.redaction import without_secrets

            sentry_sdk.init(
                settings.SENTRY_DSN,
                send_default_pii=False,
                traces_sample_rate=0.0,
                include_local_variables=False,  # they hold passwords; redaction has no say over there
                max_request_body_size="never",
                before_send=without_secrets,  # a link from a letter has its token in the address
                before_breadcrumb=without_secrets,
            )
