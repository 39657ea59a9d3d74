"""Becomes another program, under another account if told, that gets a signal the moment its parent dies.

A program of its own, since a function between fork and exec may hang where the parent has threads. It is run as
`python -I -S guard.py SIGNAL PARENT UID:GID PROGRAM [ARGUMENT…]`, with nothing but the standard library.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def become(stop_signal: int, parent: int, account: str, command: list[str]) -> None:
    """Never returns. Changing the account clears the signal, so that comes first."""
    if account:
        uid, gid = map(int, account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_signal)
    if os.getppid() != parent:
        sys.exit("The parent died before its child could start.")
    os.execv(command[0], command)  # noqa: S606 - the words come from our own code, and no shell is wanted


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
