"""A request is answered, refused with the vault's own reasons, or there is nobody to answer it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx

TIMEOUT = httpx.Timeout(30, read=300)
"""In seconds. The answer to a long recording's last byte comes when all of it has been sealed anew."""

LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=2)
"""A connection is not used again shortly before the vault closes it: uvicorn does so after five idle seconds."""

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Reason:
    """One rule that was broken: in which field, in the vault's words, and the clause of the notice behind it."""

    field: str
    rule: str
    detail: str
    clause: dict[str, Any] | None = None


class Problem(Exception):
    """The vault refused, or failed, and said why (RFC 9457)."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.body = body
        self.slug = str(body.get("type", "")).rpartition(":")[2]
        self.title = str(body.get("title") or "Refused")
        self.detail = str(body.get("detail", ""))
        super().__init__(f"{self.title}: {self.detail}")

    @property
    def clause(self) -> dict[str, Any] | None:
        """The promise that refused, where one did."""
        clause: dict[str, Any] | None = self.body.get("clause")
        return clause

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every rule that was broken; a refusal that names no field is one reason."""
        errors = self.body.get("errors")
        if errors:
            return tuple(Reason(e.get("field", ""), e["rule"], e["detail"], e.get("clause")) for e in errors)
        return (Reason("", self.body.get("rule", self.slug), self.detail, self.clause),)


def quotation(clause: dict[str, Any]) -> str:
    """A promise in the notice's own words, and where it stands."""
    article = f", Art. {clause['article']}" if clause.get("article") else ""
    return f"{clause['policy']} v{clause['version']}, “{clause['section']}”{article}: ”{clause['text']}”"


class NoId(ValueError):
    """What somebody typed for an id is none."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no id.")


class Unreachable(Exception):
    """Nobody answered, or whoever did broke off."""


class Client:
    """Requests to one vault in one person's, or machine's, name; a context manager, and safe to share by threads."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url, self.token = url, token
        # A proxy named in the environment cannot know of this machine's own ports.
        own_machine = urlsplit(url).hostname in LOOPBACK
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT, limits=LIMITS, trust_env=not own_machine)
        if token:
            self._http.headers["authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Give the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Ask, and give a good answer.

        Raises:
            Problem: the vault said no, or failed.
            Unreachable: no vault answers there.
        """
        with self.stream(method, path, **how) as answer:
            answer.read()
            return answer

    @contextmanager
    def stream(self, method: str, path: str, **how: Any) -> Iterator[httpx.Response]:
        """Ask, and read the answer's body inside the block. Raises as `request`."""
        try:
            with self._http.stream(method, path, **how) as answer:
                if answer.is_error:
                    answer.read()
                    raise Problem(answer.status_code, _told(answer))
                yield answer
        except httpx.UnsupportedProtocol:
            raise Unreachable(
                f"{self.url} is not the address of a vault; it begins with http:// or https://."
            ) from None
        except httpx.ConnectError:
            raise Unreachable(f"No vault answers at {self.url}.") from None
        except httpx.TransportError as error:
            raise Unreachable(f"The vault at {self.url} broke off ({type(error).__name__}).") from None

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON behind a path. Raises as `request`."""
        named = {name: value for name, value in parameters.items() if value is not None}
        return self.request("GET", path, params=named).json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON and give the JSON answered, if any. Raises as `request`."""
        answer = self.request("POST", path, json=body)
        return answer.json() if answer.content else None

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """Put JSON in its place and give the JSON answered, if any. Raises as `request`."""
        answer = self.request("PUT", path, json=body)
        return answer.json() if answer.content else None

    def delete(self, path: str) -> None:
        """Remove what is behind a path. Raises as `request`."""
        self.request("DELETE", path)

    def pages(self, path: str, parameter: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The items of a list, page after page; `parameter` takes what a page names as its `next`."""
        following: Any = None
        while True:
            page = self.get(path, **parameters, **{parameter: following})
            yield from page["items"]
            if (following := page["next"]) is None:
                return


def segment(text: str) -> str:
    """An id that somebody typed, as one piece of a path. Raises NoId."""
    try:
        UUID(text)
    except ValueError:
        raise NoId(text) from None
    return quote(text, safe="")


def sign_in(url: str, controller: str, email: str, password: str, code: str) -> tuple[Client, str]:
    """A client in a person's name, and when its session ends (RFC 3339). Raises as `Client.request`.

    Args:
        controller: the controller's slug; empty for the outsourcing firm's operators.
        code: the present code of the person's authenticator app, or a recovery code.
    """
    said = {"controller": controller, "email": email, "password": password, "code": code}
    with Client(url) as nobody:
        session = nobody.post("/v1/sessions", said)
    return Client(url, session["token"]), session["expires_at"]


def _told(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"detail": f"It answered {answer.status_code} without a reason."}
