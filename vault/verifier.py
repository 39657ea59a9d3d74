"""Whoever destroyed something does not verify it: a process of its own asks, with a keyring and a store of its own.

    python -m vault.verifier    one question as JSON on standard input, one answer as JSON on standard output

The question (`vault.custody.verification.Question`) names ids only; where the parts are it learns as every process of
the vault does. It exits with 0 if it gave an answer, whatever it found; with anything else nothing is known.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from msgspec import Struct, structs

from vault import logs
from vault.assembly import open_custody
from vault.custody.custody import Custody
from vault.custody.verification import Question, Verification
from vault.destruction.verifying import NotDestroyed, Unverified, verify
from vault.settings import Settings

PATIENCE_SECONDS = 3600.0
"""A verifier that takes longer is stuck; the destruction stays unfinished and is verified again."""


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the process found: one of the two."""

    verification: Verification | None = None
    found: str | None = None


@dataclass(frozen=True)
class Apart:
    """Has a question answered by a process of its own, once each; `environment` is that of this one unless given."""

    environment: Mapping[str, str] | None = None

    async def __call__(self, _: Custody, question: Question) -> Verification:
        """What it found.

        Raises:
            NotDestroyed: it found something.
            Unverified: it died, failed, or did not come to an end.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "vault.verifier", stdin=PIPE, stdout=PIPE, env=self.environment
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                said, _unused = await process.communicate(msgspec.json.encode(question))
        except TimeoutError as error:
            raise Unverified("The verifier did not come to an end.") from error
        finally:
            await _end(process)
        return _read(process.returncode, said)


async def answer(settings: Settings, question: Question) -> Answer:
    """Open the parts and look."""
    async with open_custody(settings) as custody:
        try:
            verification = await verify(custody, question)
        except NotDestroyed as found:
            return Answer(found=str(found))
    return Answer(verification=structs.replace(verification, process="separate"))


def main() -> None:
    """Answer the question on standard input."""
    logs.configure()
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    said = asyncio.run(answer(Settings.from_env(), question))
    sys.stdout.buffer.write(msgspec.json.encode(said))


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _read(exit_code: int | None, said: bytes) -> Verification:
    if exit_code != 0:
        raise Unverified(f"The verifier ended with {exit_code}.")
    try:
        read = msgspec.json.decode(said, type=Answer)
    except msgspec.MsgspecError as error:
        raise Unverified("The verifier gave no answer.") from error
    if read.verification is None:
        raise NotDestroyed(read.found or "The verifier found something.")
    return read.verification


if __name__ == "__main__":
    main()
