"""One parser under coverage-guided fuzzing, in a process of its own: libFuzzer ends the process that it ran in.

Run as `python -m tests.fuzz.guided NAME SECONDS SEED FOLDER`; inputs that go where none did are kept in the folder.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tenants", "vault"]):
    from tests.fuzz.parsers import BY_NAME

LONGEST = 1 << 15


def main() -> None:
    """Begin with the parser's seeds; what it raises and does not document ends the process with a trace."""
    name, seconds, with_seed, folder = sys.argv[1:]
    parser = BY_NAME[name]
    for number, content in enumerate(parser.seeds):
        (Path(folder) / f"seed-{number}").write_bytes(content)
    options = [f"-max_total_time={seconds}", f"-seed={with_seed}", f"-max_len={LONGEST}", "-timeout=20"]
    options += [f"-artifact_prefix={folder}/", "-print_final_stats=1", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, folder], parser.take)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
