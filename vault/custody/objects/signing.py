"""A presigned URL is a secret for as long as it lives: it is made for one request and stands in no log."""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from yarl import URL

# A request is signed as it starts; stores check the date then, not while the bytes flow.
LIFETIME_SECONDS = 300

# A shred key's id, a UUID, one name, the first two optional: opaque by construction, needs no escaping, never ends
# in "/" (SeaweedFS drops the body of such a key), and no segment is longer than the 255 bytes that it can hold.
KEY = re.compile(
    r"(?:[a-z][a-z_]{0,31}/(?:[0-9]{8}T[0-9]{4}Z|contract)(?:\.[a-z0-9]{1,40})?/)?"
    r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,254}"
)

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Signer:
    """Signs single requests by AWS Signature Version 4 in the query, of nothing but method, place and moment.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    Done here since botocore's signer takes a millisecond and more, as long as sealing the content.
    """

    def __init__(
        self, endpoint: str, access_key: str, secret_key: str, region: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        parts = urlsplit(endpoint)
        is_default = parts.port is None or parts.port == _DEFAULT_PORTS[parts.scheme]
        self._host = parts.hostname if is_default and parts.hostname else parts.netloc
        self._path = parts.path.rstrip("/")
        self._endpoint = f"{parts.scheme}://{parts.netloc}"
        self._access_key = access_key
        self._secret_key = secret_key
        self._region = region
        self._clock = clock
        self._day_key = ("", b"")

    def __repr__(self) -> str:
        return f"Signer({self._endpoint!r}, …)"

    def url(self, method: str, bucket: str, key: str, version_id: str | None = None) -> URL:
        """The address of one object (version), signed for one method.

        Raises:
            ValueError: the key is not of the form `{shred key id}/{uuid}/{name}`; what stands before the name may lack.
        """
        if not KEY.fullmatch(key):
            raise ValueError("An object key is {shred key id}/{uuid}/{name}, or the end of that.")
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
        scope = f"{moment[:8]}/{self._region}/s3/aws4_request"
        # In the order of their names, as the signature wants them.
        query = (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential={quote(f'{self._access_key}/{scope}', safe='')}"
            f"&X-Amz-Date={moment}&X-Amz-Expires={LIFETIME_SECONDS}&X-Amz-SignedHeaders=host"
        )
        if version_id is not None:
            query += f"&versionId={quote(version_id, safe='')}"
        path = f"{self._path}/{bucket}/{key}"
        request = f"{method}\n{path}\n{query}\nhost:{self._host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signed = hmac.digest(
            self._key_of(moment[:8]), f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}".encode(), "sha256"
        )
        return URL(f"{self._endpoint}{path}?{query}&X-Amz-Signature={signed.hex()}", encoded=True)

    def _key_of(self, day: str) -> bytes:
        if self._day_key[0] != day:
            key = f"AWS4{self._secret_key}".encode()
            for step in (day, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, step.encode(), "sha256")
            self._day_key = (day, key)
        return self._day_key[1]
