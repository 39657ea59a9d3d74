"""A presigned URL is a secret for as long as it lives: it is made for one request and stands in no log."""

import re

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

# A request is signed as it starts; stores check the date then, not while the bytes flow.
LIFETIME_SECONDS = 300

# An optional folder that is a UUID, then one name: opaque by construction, needs no escaping, never ends in "/"
# (SeaweedFS drops the body of such a key), and no segment is longer than the 255 bytes that it can hold.
KEY = re.compile(r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,254}")


class Signer:
    """Signs single requests with botocore's SigV4 query signer.

    The signer is used directly since `generate_presigned_url` costs three times as much, most of it
    resolving an endpoint that never changes.
    """

    def __init__(self, endpoint: str, access_key: str, secret_key: str, region: str) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._auth = S3SigV4QueryAuth(Credentials(access_key, secret_key), "s3", region, LIFETIME_SECONDS)

    def url(self, method: str, bucket: str, key: str, version_id: str | None = None) -> URL:
        """The address of one object (version), signed for one method.

        Raises:
            ValueError: the key is not of the form `{uuid}/{name}` or `{name}`.
        """
        if not KEY.fullmatch(key):
            raise ValueError("An object key is {uuid}/{name} or {name}.")
        request = AWSRequest(method, f"{self._endpoint}/{bucket}/{key}")
        if version_id is not None:
            request.params = {"versionId": version_id}
        self._auth.add_auth(request)
        return URL(request.url, encoded=True)
