"""What ships beside the code: `prepare`, the image, the compose file, the production profile."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings as django_settings
from django.contrib.auth import authenticate
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import RequestFactory

from accounts.models import User
from marketplace.environment import EXAMPLE_JWT_SECRET, refuse_weak_secrets
from marketplace.local import nginx
from marketplace.tests.production import manage, production, text_of

ROOT = Path(django_settings.BASE_DIR)
SECRETS = {"SECRET_KEY", "JWT_SECRET"}

# ── The production profile ───────────────────────────────────────────────────────────────────────


def test_T6_the_production_profile_starts_without_a_warning_and_not_with_a_weak_secret() -> None:
    check = ("check", "--deploy", "--fail-level", "WARNING")
    good, short, missing = (
        manage(*check, environment=environment)
        for environment in (production(), production(SECRET_KEY="x"), production(JWT_SECRET=""))
    )
    said = [process.communicate(timeout=60)[0] for process in (good, short, missing)]

    assert good.returncode == 0, said[0]
    assert short.returncode != 0
    assert "SECRET_KEY is missing or shorter than 32 bytes" in said[1]
    assert missing.returncode != 0
    assert "JWT_SECRET is missing or shorter than 32 bytes" in said[2]


@pytest.mark.parametrize(
    "weak",
    [
        {"JWT_SECRET": ""},
        {"JWT_SECRET": "y" * 31},
        {"JWT_SECRET": EXAMPLE_JWT_SECRET},
        {"JWT_SECRET": "change-me-" + "y" * 40},
        {"SECRET_KEY": "django-insecure-" + "y" * 40},
        {"JWT_SECRET": "x" * 40},
    ],
)
def test_T6_weak_example_and_shared_secrets_are_refused(weak: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured):
        refuse_weak_secrets({"SECRET_KEY": "x" * 40, "JWT_SECRET": "y" * 40, **weak}, examples=[EXAMPLE_JWT_SECRET])


@pytest.mark.parametrize(
    ("changes", "promised"),
    [
        ({}, "31536000 False False"),
        ({"HSTS_INCLUDE_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"}, "31536000 True True"),
        ({"BASE_URL": "http://market.example"}, "0 False False"),
    ],
)
def test_browsers_are_told_to_keep_to_https_for_our_own_name_and_no_other(
    changes: dict[str, str], promised: str
) -> None:
    names = ("SECONDS", "INCLUDE_SUBDOMAINS", "PRELOAD")
    ask = f"from django.conf import settings as s; print({', '.join(f's.SECURE_HSTS_{name}' for name in names)})"
    process = manage("shell", "--no-imports", "--command", ask, environment=production(**changes))

    assert process.communicate(timeout=60)[0].splitlines()[-1] == promised


@pytest.mark.django_db
def test_the_first_administrator_can_be_made_and_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long enough password")

    call_command("createsuperuser", interactive=False, username="rector", verbosity=0)

    request = RequestFactory().post("/admin/login/")
    person = authenticate(request, username="rector", password="a long enough password")
    assert isinstance(person, User)
    assert (person.is_staff, person.is_superuser) == (True, True)


# ── .env.example ─────────────────────────────────────────────────────────────────────────────────

SETTINGS = "marketplace/settings.py"
READERS = (SETTINGS, "marketplace/environment.py", "marketplace/local/environment.py")


def names_read() -> set[str]:
    """What `env.str("NAME", …)`, `env("NAME")`, `environ.get("NAME")` and `environ["NAME"]` ask for."""
    found: set[str] = set()
    for path in READERS:
        for node in ast.walk(ast.parse(text_of(path))):
            first: ast.expr | None = None
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).startswith(("env", "given")):
                first = node.args[0]
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value).startswith("env"):
                first = node.slice
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.isupper():
                found.add(first.value)
    return found


def names_in_example() -> list[str]:
    return re.findall(r"(?m)^(?:# )?([A-Z][A-Z0-9_]*)=", text_of(".env.example"))


def names_in_compose() -> set[str]:
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z][A-Z0-9_]*)", text_of("docker-compose.yml")))
    passed_on = {name for name, value in compose()["x-settings"].items() if value is None}
    return (asked | passed_on) - {name for name in asked if name.startswith("NGINX_")}


def test_every_setting_is_described_and_nothing_else_is() -> None:
    described = names_in_example()

    assert len(described) == len(set(described)), "described twice"
    assert set(described) == names_read() | names_in_compose()


def test_operators_read_of_every_limit_as_it_is_shipped() -> None:
    shipped = set(re.findall(r'env\.str\("(RATE_LIMIT_\w+)", "([^"]+)"\)', text_of(SETTINGS)))
    told = re.findall(r"(?m)^\| `(RATE_LIMIT_\w+)` \| `([^`]+)` \|", text_of("docs/operations.md"))

    assert sorted(told) == sorted(shipped)
    assert sorted(shipped) == sorted(re.findall(r"(?m)^# (RATE_LIMIT_\w+)=(.+)$", text_of(".env.example")))


def test_a_setting_that_is_given_empty_keeps_its_default() -> None:
    needed = production()
    empty = dict.fromkeys(set(names_in_example()) - (needed.keys() - {"ALLOWED_HOSTS"}), "")
    ask = "from django.conf import settings as s; print(s.ORDER_ACCEPT_HOURS, s.S3_USE_PATH_STYLE, s.ALLOWED_HOSTS)"
    process = manage("shell", "--no-imports", "--command", ask, environment={**needed, **empty})
    said = process.communicate(timeout=60)[0]

    assert process.returncode == 0, said
    assert said.splitlines()[-1] == "48 True ['market.example']"


def test_the_example_can_be_copied_as_it_is() -> None:
    lines = [line for line in text_of(".env.example").splitlines() if line and not line.startswith("#")]

    assert lines == ["APP_ENV=local"]


def test_new_secrets_are_all_that_compose_demands() -> None:
    said = subprocess.run(["sh", "deploy/new-secrets.sh"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    made = dict(line.split("=", 1) for line in said.splitlines())

    assert set(made) == set(re.findall(r"\$\{(\w+):\?", text_of("docker-compose.yml")))
    assert all(re.fullmatch(r"[a-z0-9]{16,}", value) for value in made.values())
    assert len(set(made.values())) == len(made)
    assert all(len(made[name]) >= 64 for name in SECRETS)


# ── docker-compose.yml ───────────────────────────────────────────────────────────────────────────


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text_of("docker-compose.yml"))
    return found


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


OURS = {"migrate", "api", "sockets", "worker", "timer"}
NOT_PASSED_ON = {
    "APP_ENV": "containers are production",
    "API_HOST": "nginx finds them where the entrypoint listens",
    "API_PORT": "nginx finds them where the entrypoint listens",
    "VAR_DIR": "the image says where it may write",
    "DB_HOST": "the database is a service beside them",
    "DB_PORT": "the database is a service beside them",
    "DATABASE_URL": "the database is a service beside them",
    "DB_BEHIND_PGBOUNCER": "there is none between",
    "REDIS_URL": "Redis is a service beside them",
    "SOCKET_THREADS": "the pool of `sockets` is made for it",
    "TELEMETRY_AT_ONCE": "granian has threads of its own",
    "TELEMETRY_WAITING": "granian has threads of its own",
    "PROCESS_NAME": "the entrypoint names the process by its role",
    "DEMO_DATA": "only where APP_ENV=local",
    "WEBHOOKS_ALLOW_LOCAL": "only where APP_ENV=local",
    "LINEAR_MIGRATIONS": "needs packages that the image has not",
}


def test_every_setting_reaches_our_processes_or_it_is_said_why_not() -> None:
    assert set(names_in_example()) - names_in_compose() == set(NOT_PASSED_ON)
    for name in OURS:
        assert compose()["x-settings"].keys() <= services()[name]["environment"].keys()


@pytest.mark.parametrize("name", sorted(services()))
def test_each_service_is_kept_small_and_watched(name: str) -> None:
    service = services()[name]

    assert re.search(r":[\w.${}:-]*\d", service["image"]), "an image without a version"
    assert "latest" not in service["image"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service["logging"]["options"]["max-file"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    if name == "migrate":
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["stop_grace_period"]
        assert service["healthcheck"]["test"]


MEGABYTES = {"m": 1, "g": 1_024}


def megabytes(text: str) -> int:
    return int(text[:-1]) * MEGABYTES[text[-1]]


@pytest.mark.parametrize("name", sorted(services()))
def test_files_in_memory_leave_the_process_half_of_it(name: str) -> None:
    service = services()[name]
    sizes = [megabytes(re.findall(r"size=(\d+[mg])", mount)[0]) for mount in service.get("tmpfs", [])]

    assert sum(sizes) <= megabytes(service["deploy"]["resources"]["limits"]["memory"]) / 2


def test_what_is_waited_for_exists_and_can_be_waited_for() -> None:
    known = services()
    for service in known.values():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert known[other]["healthcheck"]["test"]
            else:
                assert (other, how["condition"]) == ("migrate", "service_completed_successfully")
    assert {name for name in OURS - {"migrate"} if "migrate" in known[name]["depends_on"]} == OURS - {"migrate"}


def test_only_the_door_and_the_store_are_published() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}

    assert published == {"nginx": ["${PORT:-8000}:8080"], "store": ["${S3_PORT:-8333}:8333"]}


def test_the_database_cannot_be_reached_from_the_door() -> None:
    networks = {name: set(service["networks"]) for name, service in services().items()}

    assert networks["db"] == networks["redis"] == {"data"}
    assert networks["nginx"] == {"front"}
    assert compose()["networks"]["data"] == {"internal": True}


def test_the_one_address_that_is_trusted_is_the_doors() -> None:
    address = services()["nginx"]["networks"]["front"]["ipv4_address"]

    assert compose()["x-settings"]["TRUSTED_PROXIES"] == f"${{TRUSTED_PROXIES:-{address}/32}}"


def test_the_key_to_peoples_phones_is_read_by_the_worker_alone() -> None:
    held = {name: service["secrets"] for name, service in services().items() if "secrets" in service}

    assert held == {"worker": ["fcm_credentials"]}
    assert compose()["secrets"] == {"fcm_credentials": {"file": "${FCM_CREDENTIALS_FILE:-/dev/null}"}}
    assert compose()["x-settings"]["FCM_CREDENTIALS_FILE"] == "${FCM_CREDENTIALS_FILE:+/run/secrets/fcm_credentials}"


def test_one_number_makes_more_of_us_and_there_is_one_timer() -> None:
    assert services()["api"]["deploy"]["replicas"] == "${REPLICAS:-2}"
    assert services()["timer"]["deploy"]["replicas"] == 1


def test_our_processes_differ_only_in_their_role() -> None:
    known = services()

    assert {known[name]["image"] for name in OURS} == {"campus-market:${VERSION:-0.1.0}"}
    for name in OURS:
        (role,) = known[name]["command"]
        assert re.search(rf"(?m)^  {role}\)$", text_of("deploy/entrypoint.sh"))
        assert known[name]["environment"]["APP_ENV"] == "production"
        assert "DB_ADMIN_PASSWORD" not in known[name]["environment"]


def as_shipped(service: str, name: str) -> int:
    return int(re.sub(r"\$\{\w+:-(\d+)\}", r"\1", str(services()[service]["environment"][name])))


def test_the_pools_leave_room_in_the_database() -> None:
    """The arithmetic of docs/operations.md, with the numbers as shipped."""
    replicas, limit, lock_of_migrate = 2, 100, 1
    sizes = {name: as_shipped(name, "DB_POOL_MAX") for name in OURS}
    total = sum(sizes.values()) + (replicas - 1) * sizes["api"] + lock_of_migrate

    assert total <= limit // 2
    assert f" {total}   of DB_MAX_CONNECTIONS ({limit})" in text_of("docs/operations.md")


def test_each_thread_finds_a_connection_in_its_pool() -> None:
    of_telemetry, spare = django_settings.TELEMETRY_AT_ONCE + 1, 4
    sockets = as_shipped("sockets", "WEB_THREADS") + django_settings.SOCKET_THREADS + of_telemetry + spare

    assert as_shipped("api", "DB_POOL_MAX") >= as_shipped("api", "WEB_THREADS") + spare
    assert as_shipped("sockets", "DB_POOL_MAX") >= sockets
    assert as_shipped("worker", "DB_POOL_MAX") >= as_shipped("worker", "WORKER_THREADS") + spare


def test_files_that_compose_and_the_image_name_are_there() -> None:
    for service in services().values():
        for volume in service.get("volumes", []):
            if isinstance(volume, str) and volume.startswith("./"):
                assert (ROOT / volume.split(":")[0]).is_file()
    for path in re.findall(
        r"(?:deploy|marketplace)/[\w./-]+\.(?:py|sh|json)", text_of("deploy/entrypoint.sh") + text_of("Dockerfile")
    ):
        assert (ROOT / path).is_file(), path


# ── nginx ────────────────────────────────────────────────────────────────────────────────────────


def asked_by_the_template() -> set[str]:
    return set(re.findall(r"\$\{(NGINX_\w+)\}", re.sub(r"(?m)^#.*$", "", text_of("deploy/nginx.conf.template"))))


def given_to_nginx(**settings: str) -> dict[str, str]:
    """What the image's own entrypoint finds in its environment, with such settings in `.env`."""
    service = services()["nginx"]
    asked = {
        name: re.sub(r"\$\{(\w+):-([^{}]*)\}", lambda found: settings.get(found[1]) or found[2], value)
        for name, value in service["environment"].items()
    }
    script = re.sub(r"(?m)^exec .*$", "exec env", service["command"][0].replace("$$", "$"))
    argv = [*service["entrypoint"], script]
    said = subprocess.run(argv, env={"PATH": os.environ["PATH"], **asked}, check=True, capture_output=True, text=True)
    return dict(line.split("=", 1) for line in said.stdout.splitlines())


def sizes_in(configuration: str) -> list[int]:
    return [int(size) for size in re.findall(r"client_max_body_size (\d+);", configuration)]


def test_the_template_asks_only_for_what_nginx_is_given() -> None:
    asked = asked_by_the_template()

    assert asked <= given_to_nginx().keys()
    assert not asked & set(re.findall(r"\$\{(NGINX_\w+)\}", nginx.filled_in(given_to_nginx())))


def test_nginx_takes_the_bodies_that_the_settings_allow_and_on_the_same_paths() -> None:
    front_door = text_of("marketplace/asgi.py")
    template = text_of("deploy/nginx.conf.template")
    envelope = int(re.findall(r"(?m)^ENVELOPE = (\w+)", front_door)[0])
    shipped = {name: int(size) for name, size in re.findall(r'env.int\("(\w+_BYTES)", (\w+)\)', text_of(SETTINGS))}

    assert sizes_in(nginx.filled_in(given_to_nginx())) == [
        shipped["BODY_LIMIT_BYTES"],
        shipped["UPLOAD_MAX_BYTES"] + envelope,
        shipped["TELEMETRY_BODY_BYTES"],
    ]
    paths = re.findall(r'UPLOAD_PATHS = re.compile\(r"(.+)"\)', front_door)
    assert re.findall(r"location ~ (\S+) \{", template) == paths


@pytest.mark.parametrize(
    "given", [{}, {"BODY_LIMIT_BYTES": "70000", "UPLOAD_MAX_BYTES": "100000000", "TELEMETRY_BODY_BYTES": "80000"}]
)
def test_nginx_is_told_the_same_in_a_container_and_without(given: dict[str, str]) -> None:
    told = given_to_nginx(**given)

    assert nginx.body_sizes(given).items() <= told.items()


@pytest.mark.parametrize("trusted", ["10.0.0.1", "172.31.250.10/32,10.0.0.0/24", "10.0.0.1,", "fd00::1"])
def test_nginx_passes_on_what_trusted_proxies_say_of_https_and_nobody_else(trusted: str) -> None:
    expected = " ".join(f"{address} 1;" for address in trusted.split(",") if address)

    assert given_to_nginx(TRUSTED_PROXIES=trusted)["NGINX_PROXIES"].strip() == expected
    assert nginx.proxies({"TRUSTED_PROXIES": trusted}) == expected
    assert nginx.proxies({}) == ""


# ── The image ────────────────────────────────────────────────────────────────────────────────────


def test_the_image_runs_as_nobody_in_particular() -> None:
    lines = text_of("Dockerfile").splitlines()

    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
    assert "STOPSIGNAL SIGTERM" in lines
    assert any(line.startswith("HEALTHCHECK") and "CMD [" in line for line in lines)
    assert any(line.startswith("ENTRYPOINT [") for line in lines)


def test_whatever_the_image_can_be_told_compose_tells_it() -> None:
    asked = set(re.findall(r"(?m)^ARG (\w+)=", text_of("Dockerfile")))

    assert services()["migrate"]["build"]["args"].keys() == asked


def test_no_secret_lands_in_a_layer() -> None:
    environment = re.findall(r"(?ms)^(?:ENV|ARG) (.*?)(?<!\\)$", text_of("Dockerfile"))

    assert not re.search("SECRET|PASSWORD|TOKEN|KEY", " ".join(environment))
    assert "\n.*\n" in text_of(".dockerignore"), "whatever begins with a dot stays outside, .env above all"


@pytest.mark.parametrize("path", ["deploy/entrypoint.sh", "deploy/new-secrets.sh", "deploy/create-database.sh"])
def test_scripts_are_read_by_a_plain_shell(path: str) -> None:
    assert subprocess.run(["sh", "-n", path], cwd=ROOT, check=False).returncode == 0


def test_redis_drops_nothing_on_its_own() -> None:
    assert "\nmaxmemory-policy noeviction\n" in text_of("deploy/redis.conf")
