"""All settings, in one place, from the environment. `.env.example` describes every name."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from corsheaders.defaults import default_headers

from marketplace.common.gdal import gdal_library, geos_library
from marketplace.common.logs import logging_config
from marketplace.enum_names import ENUM_NAMES
from marketplace.environment import (
    EXAMPLE_DELIVERY_CODE,
    EXAMPLE_JWT_SECRET,
    database_url,
    derived_secret,
    hosts_of,
    local_secret,
    refuse_weak_secrets,
)

django_stubs_ext.monkeypatch()  # lets `models.UUIDField[Any, Any]` be written for the type checker

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")
env = environ.Env()
env.ENVIRON = {name: value for name, value in os.environ.items() if value}  # `NAME=` leaves the default

# ── Who and where ────────────────────────────────────────────────────────────────────────────────
APP_ENV: str = env.str("APP_ENV", "local")
IS_LOCAL = APP_ENV == "local"
DEMO_DATA: bool = IS_LOCAL and env.bool("DEMO_DATA", True)
DEBUG = False  # an error page with settings and source is never worth it; logs hold the traceback
VERSION = "0.1.0"
SERVICE_NAME = "campus-market"
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
API_PORT: int = env.int("PORT", env.int("API_PORT", 8000))
BASE_URL: str = env.str("BASE_URL", f"http://localhost:{API_PORT}").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=hosts_of(BASE_URL, local=IS_LOCAL))
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", default=[])

# ── Secrets ──────────────────────────────────────────────────────────────────────────────────────
SECRET_KEY: str = env.str("SECRET_KEY", "") or (local_secret(VAR_DIR, "SECRET_KEY") if IS_LOCAL else "")
JWT_SECRET: str = env.str("JWT_SECRET", "") or (local_secret(VAR_DIR, "JWT_SECRET") if IS_LOCAL else "")
JWT_ALG: str = env.str("JWT_ALG", "HS256")
if not IS_LOCAL:
    refuse_weak_secrets({"SECRET_KEY": SECRET_KEY, "JWT_SECRET": JWT_SECRET}, examples=[EXAMPLE_JWT_SECRET])

# ── Apps ─────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "daphne",  # `runserver` speaks ASGI through it; it never serves people
    "marketplace",  # before Django's own: of two commands with one name the first counts
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "marketplace.common",
    "accounts",
    "listings",
    "orders",
    "chat",
    "analytics",
    "marketplace.sync",
]
if env.bool("LINEAR_MIGRATIONS", False):
    INSTALLED_APPS.append("django_linear_migrations")

MIDDLEWARE = [
    "marketplace.common.middleware.Envelope",
    "django.middleware.security.SecurityMiddleware",
    "marketplace.common.cors.Cors",
    "marketplace.common.pages_only.PagesOnly",
]
# Programs know no cookies; everything else goes through all of the next as well
PROGRAM_PREFIXES = (
    "/v1/",
    *("/auth/", "/users", "/products", "/chats/", "/orders/create", "/delivery/", "/static/images/"),  # contracts
    *("/api/", "/messages/"),
)
PAGE_MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "marketplace.urls"
WSGI_APPLICATION = "marketplace.wsgi.application"
ASGI_APPLICATION = "marketplace.asgi.application"
APPEND_SLASH = False  # phones do not follow a redirect on POST

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# ── Database ─────────────────────────────────────────────────────────────────────────────────────
GDAL_LIBRARY_PATH = gdal_library()
GEOS_LIBRARY_PATH = geos_library()
DB_STATEMENT_TIMEOUT_MS: int = env.int("DB_STATEMENT_TIMEOUT_MS", 15_000)
DB_LOCK_TIMEOUT_MS: int = env.int("DB_LOCK_TIMEOUT_MS", 3_000)
DB_IDLE_IN_TRANSACTION_MS: int = env.int("DB_IDLE_IN_TRANSACTION_MS", 30_000)
WEB_THREADS: int = env.int("WEB_THREADS", 8)
SOCKET_THREADS: int = env.int("SOCKET_THREADS", 8)
TELEMETRY_AT_ONCE: int = env.int("TELEMETRY_AT_ONCE", 2)  # small batches in one process, and one large one
TELEMETRY_WAITING: int = env.int("TELEMETRY_WAITING", 64)  # more are told to come back

IS_BEHIND_PGBOUNCER: bool = env.bool("DB_BEHIND_PGBOUNCER", False)
_database: dict[str, Any] = env.db_url_config(database_url(env.ENVIRON))

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **_database,
        "ENGINE": "marketplace.common.postgis",
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": IS_BEHIND_PGBOUNCER,
        "OPTIONS": {
            **_database.get("OPTIONS", {}),  # sslmode and the like
            "pool": {
                "min_size": env.int("DB_POOL_MIN", 2),
                "max_size": env.int("DB_POOL_MAX", WEB_THREADS + SOCKET_THREADS + TELEMETRY_AT_ONCE + 5),
                "timeout": env.float("DB_POOL_TIMEOUT", 3.0),
                "max_idle": 300,
            },
            "server_side_binding": True,
            "prepare_threshold": None if IS_BEHIND_PGBOUNCER else 2,
            "connect_timeout": 3,
            "application_name": env.str("PROCESS_NAME", "manage"),
            "options": (
                f"-c statement_timeout={DB_STATEMENT_TIMEOUT_MS} -c lock_timeout={DB_LOCK_TIMEOUT_MS}"
                f" -c idle_in_transaction_session_timeout={DB_IDLE_IN_TRANSACTION_MS}"
                " -c jit=off"  # it takes longer to compile a statement of ours than to run it
            ),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Redis: limits, wake-ups and hints; never the truth ───────────────────────────────────────────
REDIS_URL: str = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
REDIS_TIMEOUT_SECONDS: float = env.float("REDIS_TIMEOUT_SECONDS", 1.0)

CHANNEL_LAYERS = {"default": {"BACKEND": "chat.realtime.layer.HubLayer"}}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "global_keyprefix": "celery:",
}
CELERY_TASK_PUBLISH_RETRY = False  # a wake-up that fails is made good by the sweep
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TASK_DEFAULT_QUEUE = "market"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "redbeat.RedBeatScheduler"

# ── People and sign-in ───────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.GuardedBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.MarketArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
PASSWORD_RESET_TIMEOUT = 60 * 60

JWT_ACCESS_MIN: int = env.int("JWT_ACCESS_MIN", 30)
JWT_REFRESH_DAYS: int = env.int("JWT_REFRESH_DAYS", 30)
REFRESH_GRACE_SECONDS: int = env.int("REFRESH_GRACE_SECONDS", 10)
ACCESS_MINUTES_BY_SURFACE: dict[str, int] = {
    "campus": JWT_ACCESS_MIN,
    "web": JWT_ACCESS_MIN,
    "polimarket": 24 * 60,
    "izpochat": 30,
    "soporteit": 60,
    "chat_starter": 24 * 60,
}
SIMPLE_JWT = {
    "ALGORITHM": JWT_ALG,
    "SIGNING_KEY": JWT_SECRET,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=JWT_ACCESS_MIN),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=JWT_REFRESH_DAYS),
    "USER_ID_CLAIM": "sub",
    "TOKEN_TYPE_CLAIM": "typ",
    "LEEWAY": 10,
}
CAMPUS_EMAIL_DOMAINS: list[str] = env.list("CAMPUS_EMAIL_DOMAINS", default=[])
REQUIRE_EMAIL_VERIFICATION: bool = env.bool("REQUIRE_EMAIL_VERIFICATION", False)
POLIMARKET_EMAIL_DOMAINS: list[str] = env.list("POLIMARKET_EMAIL_DOMAINS", default=["espol.edu.ec"])
DELIVERY_SECRET_CODE: str = env.str("DELIVERY_SECRET_CODE", EXAMPLE_DELIVERY_CODE if IS_LOCAL else "")
if DELIVERY_SECRET_CODE and not IS_LOCAL:
    refuse_weak_secrets({"DELIVERY_SECRET_CODE": DELIVERY_SECRET_CODE}, examples=[EXAMPLE_DELIVERY_CODE])
CONTACT_MATCH_DAILY_BUDGET: int = env.int("CONTACT_MATCH_DAILY_BUDGET", 2_000)

# ── Listings that many people report ─────────────────────────────────────────────────────────────
LISTING_AUTO_HIDE_REPORTS: int = env.int("LISTING_AUTO_HIDE_REPORTS", 5)  # 0: never
LISTING_REPORT_MIN_ACCOUNT_AGE_HOURS: int = env.int("LISTING_REPORT_MIN_ACCOUNT_AGE_HOURS", 24)

# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────
ANALYTICS_STAFF_ONLY: bool = env.bool("ANALYTICS_STAFF_ONLY", False)

# ── Orders and money ─────────────────────────────────────────────────────────────────────────────
ORDER_UNPAID_MINUTES: int = env.int("ORDER_UNPAID_MINUTES", 30)
ORDER_PAYING_MINUTES: int = env.int("ORDER_PAYING_MINUTES", 20)
ORDER_DELIVERY_HOURS: int = env.int("ORDER_DELIVERY_HOURS", 72)  # until a courier has brought it
ORDER_ACCEPT_HOURS: int = env.int("ORDER_ACCEPT_HOURS", 48)
ORDER_HANDOVER_HOURS: int = env.int("ORDER_HANDOVER_HOURS", 120)
ORDER_INSPECT_HOURS: int = env.int("ORDER_INSPECT_HOURS", 48)
ORDER_INSPECT_SCANNED_HOURS: int = env.int("ORDER_INSPECT_SCANNED_HOURS", 12)
ORDER_DISPUTE_DAYS: int = env.int("ORDER_DISPUTE_DAYS", 14)
ORDER_DISPUTE_ANSWER_HOURS: int = env.int("ORDER_DISPUTE_ANSWER_HOURS", 72)
ORDER_DISPUTE_NEGOTIATION_DAYS: int = env.int("ORDER_DISPUTE_NEGOTIATION_DAYS", 7)
ORDER_REVIEW_BLIND_DAYS: int = env.int("ORDER_REVIEW_BLIND_DAYS", 14)
OFFER_OPEN_HOURS: int = env.int("OFFER_OPEN_HOURS", 48)
OFFER_GOOD_HOURS: int = env.int("OFFER_GOOD_HOURS", 24)
RECEIPT_KEY: str = env.str("RECEIPT_KEY", "")  # empty: follows from SECRET_KEY
EVIDENCE_MAX_BYTES: int = env.int("EVIDENCE_MAX_BYTES", 20_971_520)
ORDER_MOST_UNPAID: int = env.int("ORDER_MOST_UNPAID", 20)
ORDER_FEE_BPS: int = env.int("ORDER_FEE_BPS", 0)
ORDER_FEE_MIN_CENTS: int = env.int("ORDER_FEE_MIN_CENTS", 0)
ORDER_FEE_MAX_CENTS: int = env.int("ORDER_FEE_MAX_CENTS", 0)  # 0: no upper bound
MONEY_PATIENCE_MINUTES: int = env.int("MONEY_PATIENCE_MINUTES", 15)  # until /health/money says no
WEBHOOKS_ALLOW_LOCAL: bool = IS_LOCAL and env.bool("WEBHOOKS_ALLOW_LOCAL", False)  # plain http, private addresses
WEBHOOK_TIMEOUT_SECONDS: float = env.float("WEBHOOK_TIMEOUT_SECONDS", 10.0)
POLIMARKET_CURRENCY: str = env.str("POLIMARKET_CURRENCY", "USD")  # of what is offered there: its prices name none
PAYMENT_PROVIDER: str = env.str("PAYMENT_PROVIDER", "simulator")
PAYMENT_TIMEOUT_SECONDS: float = env.float("PAYMENT_TIMEOUT_SECONDS", 8.0)
PRACTICE_MODE: bool = env.bool("PRACTICE_MODE", False)
STRIPE_SECRET_KEY: str = env.str("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRETS: list[str] = env.list("STRIPE_WEBHOOK_SECRETS", default=[])
STRIPE_API_BASE: str = env.str("STRIPE_API_BASE", "https://api.stripe.com").rstrip("/")
SIMULATOR_URL: str = env.str("SIMULATOR_URL", "")
SIMULATOR_FAULTS: bool = env.bool("SIMULATOR_FAULTS", False)
SIMULATOR_WEBHOOK_URL: str = env.str("SIMULATOR_WEBHOOK_URL", f"{BASE_URL}/v1/webhooks/simulator")
SIMULATOR_WEBHOOK_SECRETS: list[str] = env.list("SIMULATOR_WEBHOOK_SECRETS", default=[]) or [  # the first one signs
    derived_secret(SECRET_KEY, "simulator-webhook")
]

# ── Talk ─────────────────────────────────────────────────────────────────────────────────────────
CHAT_EDIT_MINUTES: int = env.int("CHAT_EDIT_MINUTES", 15)
CHAT_FILE_MAX_BYTES: int = env.int("CHAT_FILE_MAX_BYTES", 52_428_800)
CHAT_VIRUS_SCANNER: str = env.str("CHAT_VIRUS_SCANNER", "")  # a function; empty: files are not scanned

# ── Telemetry ────────────────────────────────────────────────────────────────────────────────────
TELEMETRY_KEEP_DAYS: int = env.int("TELEMETRY_KEEP_DAYS", 90)  # raw events; what was counted of them stays

# ── Sockets ──────────────────────────────────────────────────────────────────────────────────────
SOCKETS_PER_PERSON: int = env.int("SOCKETS_PER_PERSON", 10)  # in each process; the oldest makes room
SOCKETS_PER_ADDRESS: int = env.int("SOCKETS_PER_ADDRESS", 200)
SOCKET_DRAIN_SECONDS: float = env.float("SOCKET_DRAIN_SECONDS", 10.0)  # over which a leaving process says goodbye

# ── Limits: 120/minute, 10/15minutes (second, minute, hour, day) or off; RATE_LIMIT=off: all off ──
RATE_LIMIT: str = env.str("RATE_LIMIT", "120/minute")
RATE_LIMITS: dict[str, str] = {
    "default": RATE_LIMIT,
    "register": env.str("RATE_LIMIT_REGISTER", "60/hour"),
    "login": env.str("RATE_LIMIT_LOGIN", "60/minute"),
    "refresh": env.str("RATE_LIMIT_REFRESH", "60/minute"),
    "password_mail": env.str("RATE_LIMIT_PASSWORD_MAIL", "10/hour"),
    "contacts": env.str("RATE_LIMIT_CONTACTS", "20/minute"),
    "catalog": env.str("RATE_LIMIT_CATALOG", "20/hour"),
    "import": env.str("RATE_LIMIT_IMPORT", "20/hour"),  # workbooks of listings, thousands in each
    "receipts": env.str("RATE_LIMIT_RECEIPTS", "30/minute"),
    "handover_code": env.str("RATE_LIMIT_HANDOVER_CODE", "10/hour"),  # wrong ones, for each order
    "chat_send": env.str("RATE_LIMIT_CHAT_SEND", "10/2seconds"),  # messages of one person, on all ways together
    "socket_address": env.str("RATE_LIMIT_SOCKET_ADDRESS", "100/minute"),
    "socket_person": env.str("RATE_LIMIT_SOCKET_PERSON", "20/minute"),
    "socket_person_brief": env.str("RATE_LIMIT_SOCKET_PERSON_BRIEF", "120/minute"),  # who opens one for each message
    "socket_ticket": env.str("RATE_LIMIT_SOCKET_TICKET", "60/minute"),
    "courier_code": env.str("RATE_LIMIT_COURIER_CODE", "10/hour"),
    "courier_code_address": env.str("RATE_LIMIT_COURIER_CODE_ADDRESS", "30/hour"),  # whoever asks from there
    "telemetry": env.str("RATE_LIMIT_TELEMETRY", "240/minute"),
    "sync": env.str("RATE_LIMIT_SYNC", "600/minute"),  # a first copy comes in many pages
    "webhooks": env.str("RATE_LIMIT_WEBHOOKS", "3000/minute"),
    # Wrong passwords, counted before the password is looked at
    "lockout_pair": env.str("LOCKOUT_PER_ACCOUNT_AND_ADDRESS", "10/15minutes"),
    "lockout_account": env.str("LOCKOUT_PER_ACCOUNT", "50/15minutes"),
    "lockout_address": env.str("LOCKOUT_PER_ADDRESS", "100/15minutes"),
}
if RATE_LIMIT == "off":
    RATE_LIMITS = dict.fromkeys(RATE_LIMITS, "off")

# ── The API ──────────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["marketplace.common.throttle.RouteThrottle"],
    "DEFAULT_PARSER_CLASSES": ["marketplace.common.jsonio.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["marketplace.common.jsonio.OrjsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "marketplace.common.jsonio.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "marketplace.common.schema.MarketSchema",
    "EXCEPTION_HANDLER": "marketplace.common.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "DATETIME_FORMAT": "iso-8601",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Campus Market",
    "DESCRIPTION": "A campus marketplace that a university can run for real.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/v1",
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "marketplace.common.schema.add_error_responses",
    ],
}
CORS_ALLOWED_ORIGINS: list[str] = env.list(
    "ALLOWED_ORIGINS",
    default=[f"http://localhost:{port}" for port in (3000, 4200, 5173, 8080)] if IS_LOCAL else [],
)
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-match", "if-none-match"]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotent-Replayed",
    "Last-Modified",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-Request-ID",
]

# ── Bodies ───────────────────────────────────────────────────────────────────────────────────────
BODY_LIMIT_BYTES: int = env.int("BODY_LIMIT_BYTES", 1_048_576)
TELEMETRY_BODY_BYTES: int = env.int("TELEMETRY_BODY_BYTES", 3_145_728)  # 500 events with all they may hold
UPLOAD_MAX_BYTES: int = env.int("UPLOAD_MAX_BYTES", 52_428_800)
PICTURE_MAX_BYTES: int = env.int("PICTURE_MAX_BYTES", 15_728_640)
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 262_144
FILE_UPLOAD_PERMISSIONS = 0o640

# ── Files ────────────────────────────────────────────────────────────────────────────────────────
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/assets/"  # `/static/images/` belongs to people's pictures
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = IS_LOCAL
S3_ENDPOINT: str = env.str("S3_ENDPOINT", "")
S3_PUBLIC_ENDPOINT: str = env.str("S3_PUBLIC_ENDPOINT", S3_ENDPOINT)
S3_REGION: str = env.str("S3_REGION", "us-east-1")
S3_BUCKET: str = env.str("S3_BUCKET", "market-uploads")
S3_ACCESS_KEY: str = env.str("S3_ACCESS_KEY", "")
S3_SECRET_KEY: str = env.str("S3_SECRET_KEY", "")
S3_USE_PATH_STYLE: bool = env.bool("S3_USE_PATH_STYLE", True)
_S3_STORAGE: dict[str, Any] = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "endpoint_url": S3_ENDPOINT or None,
        "region_name": S3_REGION,
        "bucket_name": S3_BUCKET,
        "access_key": S3_ACCESS_KEY,
        "secret_key": S3_SECRET_KEY,
        "addressing_style": "path" if S3_USE_PATH_STYLE else "virtual",
        "signature_version": "s3v4",
        "default_acl": None,
        "file_overwrite": False,
    },
}
STORAGES: dict[str, dict[str, Any]] = {
    "default": _S3_STORAGE
    if S3_ENDPOINT
    else {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(MEDIA_ROOT)}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ── Mail and push ────────────────────────────────────────────────────────────────────────────────
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://" if IS_LOCAL else "smtp://localhost:25")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", "Campus Market <no-reply@localhost>")
PUSH_BACKEND: str = env.str(
    "PUSH_BACKEND", "accounts.push.console.ConsolePush" if IS_LOCAL else "accounts.push.off.NoPush"
)
FCM_CREDENTIALS_FILE: str = env.str("FCM_CREDENTIALS_FILE", "")
WEBPUSH_PRIVATE_KEY: str = env.str("WEBPUSH_PRIVATE_KEY", "")
WEBPUSH_CONTACT: str = env.str("WEBPUSH_CONTACT", "")
WEBPUSH_HOSTS: list[str] = env.list(
    "WEBPUSH_HOSTS",
    default=[
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "web.push.apple.com",
        "notify.windows.com",
    ],
)

# ── Language and time ────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# ── Transport security ───────────────────────────────────────────────────────────────────────────
IS_HTTPS = BASE_URL.startswith("https://")
SECURE_SSL_REDIRECT = False  # the proxy in front redirects pages; an API answers or refuses, it never redirects
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the line above, decided
    *("security.W005", "security.W021"),  # a market cannot speak for all names beneath its own: its owner decides
    "gis.W001",  # GDAL only ever gets numbers of ours, never a file or a spatial reference from outside
    # the next ones look into MIDDLEWARE alone; what they ask for stands in PAGE_MIDDLEWARE
    *("admin.E408", "admin.E409", "admin.E410", "security.W002", "security.W003"),
    "auth.W004",  # user names are unique without regard to case, which this check cannot see
]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.bool("HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD: bool = env.bool("HSTS_PRELOAD", False)
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 12
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "marketplace.common.handler.csrf_failure"
X_FRAME_OPTIONS = "DENY"

# ── Logs and metrics ─────────────────────────────────────────────────────────────────────────────
PROCESS_NAME: str = env.str("PROCESS_NAME", "manage")
LOGGING = logging_config(
    process=PROCESS_NAME,
    directory=VAR_DIR / "log" if env.bool("LOG_FILES", True) else None,
    level=env.str("LOG_LEVEL", "INFO"),
)
LOGGING_CONFIG = "marketplace.common.logs.configure"
DJANGO_STRUCTLOG_CELERY_ENABLED = True
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "")
SENTRY_DSN: str = env.str("SENTRY_DSN", "")

from marketplace.admin_theme import UNFOLD  # noqa: E402, F401  (a dictionary of words and colours, kept out of sight)
