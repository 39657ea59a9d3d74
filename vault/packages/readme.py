"""The first file of a package: what it is, and how anybody verifies it with tools that every system has."""

from types import MappingProxyType
from typing import Final

from vault.packages.members import COVER, CUSTODY, MANIFEST, RECORDINGS, Contents
from vault.packages.readme_words import recipient_name, words
from vault.printing import Words

OPENING: Final = MappingProxyType(
    {
        "age": ("age -d -i KEY-FILE -o package.zip PACKAGE.age",),
        "cms": (
            "openssl cms -decrypt -binary -inform DER -in PACKAGE.p7m -recip CERTIFICATE.pem -inkey KEY.pem"
            " -out package.zip",
        ),
    }
)
"""How a sealed package is opened by hand."""

BY_TOOL: Final = MappingProxyType(
    {
        "age": "vault verify PACKAGE.age --key platform.pem --identity KEY-FILE --output package.zip",
        "cms": "vault verify PACKAGE.p7m --key platform.pem --identity KEY.pem --certificate CERTIFICATE.pem"
        " --output package.zip",
    }
)
"""How a sealed package is verified, and opened if it is genuine, in one."""

UNPACKING: Final = "unzip -q package.zip -d package && cd package"

VERIFYING: Final = MappingProxyType(
    {
        "hashes": (
            r"""jq -r '.manifest.members[] | "\(.sha256)  \(.name)"' manifest.json"""
            " | sha256sum --check --strict --quiet",
        ),
        "nothing_else": (
            "jq -r '.manifest.members[].name, \"manifest.json\"' manifest.json | LC_ALL=C sort > ../listed.txt",
            "find . ! -type d | cut -c 3- | LC_ALL=C sort | diff ../listed.txt -",
        ),
        "signature": (
            "jq -cjS .manifest manifest.json > ../manifest.signed",
            "jq -rj .signature.value manifest.json | openssl base64 -d -A > ../manifest.sig",
            "jq -rj .controller_key.statement.public_key manifest.json | openssl base64 -d -A > ../controller.der",
            "openssl pkeyutl -verify -rawin -in ../manifest.signed -sigfile ../manifest.sig"
            " -pubin -keyform DER -inkey ../controller.der",
        ),
        "endorsement": (
            "jq -cjS .controller_key.statement manifest.json > ../statement.signed",
            "jq -rj .controller_key.signature.value manifest.json | openssl base64 -d -A > ../statement.sig",
            "openssl pkeyutl -verify -rawin -in ../statement.signed -sigfile ../statement.sig"
            " -pubin -inkey ../platform.pem",
            "jq -e '.controller_key.statement.controller == .manifest.controller' manifest.json",
        ),
    }
)
"""How it is verified by hand: each step's commands, which print nothing or that it is so, and fail otherwise."""


def text(contents: Contents) -> str:
    """The README of one package, in its language."""
    said = words(contents.language)
    blocks = (
        _heading(said["title"]),
        _facts(contents, said),
        said["marked"],
        _heading(said["files"]),
        _files(said),
        _heading(said["opening"]),
        said["opened"],
        _commands(*OPENING[contents.recipient.sealing], UNPACKING),
        *([said["large"]] if contents.recipient.sealing == "cms" else []),
        _heading(said["verifying"]),
        said["by_tool"],
        _commands("vault verify package.zip --key platform.pem", BY_TOOL[contents.recipient.sealing]),
        said["by_hand"],
        *(f"{said[step]}\n\n{_commands(*commands)}" for step, commands in VERIFYING.items()),
    )
    return "\n\n".join(blocks) + "\n"


def _facts(contents: Contents, said: Words) -> str:
    lines = (
        ("controller", contents.controller.name),
        ("recipient", recipient_name(contents.recipient.name, contents.language)),
        ("law", contents.basis.law),
        ("clause", contents.basis.clause),
        ("purpose", contents.basis.purpose),
        ("recordings", str(contents.scope.recordings)),
        ("duty", contents.duty_until and contents.duty_until.isoformat()),
        ("made", contents.made_at.isoformat(timespec="seconds")),
        ("package", str(contents.id)),
        ("disclosure", str(contents.disclosure)),
        ("mark", contents.mark),
    )
    return "\n".join(f"{said[label]}: {value}" for label, value in lines if value)


def _files(said: Words) -> str:
    lines = ((COVER, "cover"), (RECORDINGS, "folder"), (CUSTODY, "custody"), (MANIFEST, "manifest"))
    return "\n".join(f"{name:<15} {said[word]}" for name, word in lines)


def _heading(words: str) -> str:
    return f"{words}\n{'=' * len(words)}"


def _commands(*commands: str) -> str:
    return "\n".join(f"    {command}" for command in commands)
