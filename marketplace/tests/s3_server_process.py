"""The process behind `s3_server.py`: Swift's account, container, object and proxy servers in one event loop.

Run as `python s3_server_process.py <empty folder>`; writes `ready.json` there once it listens.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import eventlet  # type: ignore[import-untyped]
from eventlet import wsgi
from swift.account.server import AccountController
from swift.common import storage_policy, utils
from swift.common.ring import RingBuilder
from swift.common.wsgi import loadapp
from swift.container.server import ContainerController
from swift.obj.server import ObjectController

SWIFT_CONF = """
[swift-hash]
swift_hash_path_suffix = tests
swift_hash_path_prefix = tests

[storage-policy:0]
name = one
default = yes
"""
PROXY_CONF = """
[DEFAULT]
swift_dir = {directory}
log_level = CRITICAL

[pipeline:main]
pipeline = catch_errors s3api tempauth copy slo proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
object_post_as_copy = false

[filter:catch_errors]
use = egg:swift#catch_errors

[filter:s3api]
use = egg:swift#s3api
location = us-east-1
auth_pipeline_check = false

[filter:tempauth]
use = egg:swift#tempauth
user_market_tester = a-secret-of-the-tests .admin

[filter:copy]
use = egg:swift#copy

[filter:slo]
use = egg:swift#slo
"""


def serve(directory: Path) -> None:
    utils.eventlet_monkey_patch()
    (directory / "swift.conf").write_text(SWIFT_CONF)
    utils.set_swift_dir(str(directory))
    sockets = {name: eventlet.listen(("127.0.0.1", 0)) for name in ("account", "container", "object", "proxy")}
    for name in ("account", "container", "object"):
        _build_ring(directory, name, port=sockets[name].getsockname()[1])
    for name, app in _apps(directory).items():
        eventlet.spawn(wsgi.server, sockets[name], app, log_output=False)
    _announce(directory, port=sockets["proxy"].getsockname()[1])
    parent = os.getppid()
    while os.getppid() == parent:  # never outlive the test run
        eventlet.sleep(1)


def _build_ring(directory: Path, name: str, *, port: int) -> None:
    builder = RingBuilder(part_power=1, replicas=1, min_part_hours=0)
    device = {"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 1.0}
    builder.add_dev({**device, "replication_ip": "127.0.0.1", "replication_port": port})
    builder.rebalance()
    builder.get_ring().save(str(directory / f"{name}.ring.gz"))


def _apps(directory: Path) -> dict[str, Any]:
    storage_policy.reload_storage_policies()
    disks = directory / "disks"
    (disks / "disk").mkdir(parents=True)
    conf = {"devices": str(disks), "mount_check": "false", "swift_dir": str(directory), "disable_fallocate": "true"}
    proxy_conf = directory / "proxy-server.conf"
    proxy_conf.write_text(PROXY_CONF.format(directory=directory))
    return {
        "account": AccountController(conf),
        "container": ContainerController(conf),
        "object": ObjectController(conf),
        "proxy": loadapp(str(proxy_conf), global_conf={"log_level": "CRITICAL"}),
    }


def _announce(directory: Path, *, port: int) -> None:
    draft = directory / "ready.draft"
    draft.write_text(json.dumps({"endpoint": f"http://127.0.0.1:{port}"}))
    draft.replace(directory / "ready.json")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
