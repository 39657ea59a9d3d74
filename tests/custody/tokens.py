"""Where root keys live in the tests: a file, moto's KMS, and a SoftHSM2 token."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moto.server import ThreadedMotoServer

SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
NEEDED = "PKCS#11 is tested against SoftHSM2, which this machine lacks: apt-get install softhsm2"
TOKEN = "vault tests"
PIN = "1234"


@contextmanager
def kms_server() -> Iterator[str]:
    """A KMS to talk to over HTTP. It is a fake, moto's own server, since AWS cannot run here."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def make_token(directory: Path) -> dict[str, str]:
    """A token of its own; the variables with which a process finds it."""
    tokens, configuration = directory / "tokens", directory / "softhsm2.conf"
    tokens.mkdir()
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    variables = {"SOFTHSM2_CONF": str(configuration)}
    command = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "5678"]
    subprocess.run(command, check=True, capture_output=True, env=variables | {"PATH": "/usr/bin:/bin"})
    return variables
