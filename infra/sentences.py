"""Finds the sentences that the vault's own rules say of what goes otherwise, for the console's catalogues.

The rules say them in English, to the API and the log; pages know a sentence again by its text, or by its template
where values are placed in it (`vault/console/sentences.py`). So nothing is marked where it is said: a sentence is what
an error, a field's problem or a decision is given, followed through names, tables, functions and their parameters.
"""

import ast
import inspect
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import vault.errors

ROOT: Final = Path(__file__).parents[1]

UNSEEN: Final = (
    "tenants/admission.py",
    "tenants/events/",
    "tenants/identifiers.py",
    "tenants/matrix.py",
    "vault/api/scim",
    "vault/api/tus.py",
    "vault/api/uploads.py",
    "vault/backups/",
    "vault/cli/",
    "vault/client/",
    "vault/identity/scim",
    "vault/ingest/",
    "vault/worker/",
)
"""What speaks to machines that deliver, to operators' shells and in documents: no page shows a sentence of it."""

SAY: Final = frozenset({"Broken", "Change", "FieldProblem", "Finding", "PolicyProblem", "permit", "refuse"})
"""What is given a sentence, beside the errors of the vault."""

QUOTED: Final = frozenset(
    {
        "CertificateInvalid",
        "CertificateUnfit",
        "GroundNotOpen",
        "IllegalTransition",
        "LogForged",
        "LogLacking",
        "NotAKey",
        "NoteInvalid",
        "PhoneNumberInvalid",
        "ProofInvalid",
        "RequestStepRefused",
        "RetentionInvalid",
    }
)
"""Errors of other kinds that are told in the words of an error of the vault, or by a page itself."""

RULES: Final = frozenset({"ValueError", "__init__"})
"""How the pure rules refuse besides; elsewhere these speak to programmers alone."""

GIVEN: Final = frozenset({"detail", "problem", "reason", "remedy", "sentence"})
"""The names by which a sentence is given, where it is given by name."""

MARKS: Final = frozenset({"_", "mark"})
"""What the console translates by itself."""

HELPERS: Final = frozenset(
    {"int", "join", "len", "list", "lower", "map", "name", "replace", "self", "sorted", "str", "value"}
)
"""What tells nothing of what a value is."""

PLACED: Final = re.compile(r"%\(\w+\)s")


class Module:
    """One module, with what its names may stand for."""

    def __init__(self, path: str) -> None:
        self.bound: dict[str, list[ast.expr]] = defaultdict(list)
        self.functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self.parameters: dict[str, list[str]] = defaultdict(list)
        self.imported: dict[str, tuple[str, str]] = {}
        self.calls: list[ast.Call] = []
        self.details: list[ast.expr] = []
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
            if isinstance(node, ast.Call):
                self.calls.append(node)
            elif isinstance(node, ast.Dict):
                # What is written down of how something ended is told on its page.
                named = zip(node.keys, node.values, strict=True)
                self.details += [
                    value for key, value in named if isinstance(key, ast.Constant) and key.value == "detail"
                ]
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Assign():
                for target in node.targets:
                    self._bind(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value) | ast.NamedExpr(value=value):
                self._bind(node.target, value)
            case ast.For() | ast.comprehension():
                self._bind(node.target, node.iter)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.functions[node.name] = node
                for each in (*node.args.args, *node.args.kwonlyargs):
                    self.parameters[each.arg].append(node.name)
            case ast.ImportFrom(module=str() as module):
                self.imported |= {each.asname or each.name: (module, each.name) for each in node.names}

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                self.bound[node.id].append(value)


class Search:
    """Follows what is said from where it is said; each thing once."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self.found: set[str] = set()
        self._seen: set[object] = set()

    def said(self, module: Module, node: ast.AST) -> None:
        """All that an expression may say."""
        match node:
            case ast.Constant(value=str()) | ast.JoinedStr():
                self._sentence(module, node)
            case ast.Name(id=name):
                self._name(module, name)
            case ast.Call():
                self._call(module, node)
            case ast.IfExp():
                self._all(module, (node.body, node.orelse))
            case ast.Subscript():
                self.said(module, node.value)
            case ast.Dict():
                self._all(module, node.values)
            case ast.BoolOp() | ast.BinOp() | ast.Tuple() | ast.List() | ast.ListComp() | ast.GeneratorExp():
                self._all(module, ast.iter_child_nodes(node))

    def _all(self, module: Module, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.said(module, node)

    def _sentence(self, module: Module, node: ast.Constant | ast.JoinedStr) -> None:
        template = template_of(node)
        # A word by itself is a rule, a field or a term; what places values alone says nothing itself.
        if " " in template and re.search(r"[a-z]{2}", PLACED.sub("", template)):
            self.found.add(template)
        if isinstance(node, ast.JoinedStr):
            self._all(module, (each.value for each in node.values if isinstance(each, ast.FormattedValue)))

    def _name(self, module: Module, name: str) -> None:
        if (module, name) in self._seen:
            return
        self._seen.add((module, name))
        self._all(module, module.bound.get(name, ()))
        for function in module.parameters.get(name, ()):
            for caller in self.modules.values():
                if caller is module or self._elsewhere(caller, function) == (module, function):
                    self._all(caller, given(caller, module.functions[function], name))
        if elsewhere := self._elsewhere(module, name):
            self._name(*elsewhere)

    def _call(self, module: Module, call: ast.Call) -> None:
        name = called(call)
        if name in MARKS:
            return
        if name in ("MappingProxyType", "get", "join", "next"):
            self._all(module, call.args)
        if isinstance(call.func, ast.Attribute):
            self.said(module, call.func.value)
            return
        where, original = self._elsewhere(module, name) or (module, name)
        if original in where.functions and (where, f"{original}()") not in self._seen:
            self._seen.add((where, f"{original}()"))
            answers = [node for node in ast.walk(where.functions[original]) if isinstance(node, ast.Return | ast.Yield)]
            self._all(where, (each.value for each in answers if each.value is not None))

    def _elsewhere(self, module: Module, name: str) -> tuple[Module, str] | None:
        """Where a name was taken from, and what it is there."""
        source, original = module.imported.get(name, ("", ""))
        return (self.modules[source], original) if source in self.modules else None


@cache
def told() -> frozenset[str]:
    """Each sentence that a page may have to say for the rules, values as `%(name)s`."""
    modules = {name: Module(path) for name, path in _files()}
    search = Search(modules)
    errors = {name for name, _ in inspect.getmembers(vault.errors, inspect.isclass)}
    for name, module in modules.items():
        speakers = SAY | QUOTED | errors | (RULES if name.startswith("tenants.") else frozenset())
        for node in module.details:
            search.said(module, node)
        for call in module.calls:
            if called(call) in speakers:
                for node in (*call.args, *(each.value for each in call.keywords if each.arg in GIVEN)):
                    search.said(module, node)
    return frozenset(search.found)


def template_of(node: ast.Constant | ast.JoinedStr) -> str:
    """A text with its values as `%(name)s`, each named by what gives it."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    used: Counter[str] = Counter()
    said = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = _named(part.value)
            used[name] += 1
            said.append(f"%({name}{used[name] if used[name] > 1 else ''})s")
        elif isinstance(part, ast.Constant):
            said.append(str(part.value))
    return "".join(said)


def called(call: ast.Call) -> str:
    """The last name of what is called."""
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def given(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef, parameter: str) -> Iterator[ast.expr]:
    """What a module's calls of a function give as one of its parameters."""
    names = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
    for call in module.calls:
        if called(call) == function.name:
            yield from (value for name, value in zip(names, call.args, strict=False) if name == parameter)
            yield from (each.value for each in call.keywords if each.arg == parameter)


def _named(value: ast.expr) -> str:
    names = [
        (node.end_col_offset or 0, node.id if isinstance(node, ast.Name) else node.attr)
        for node in ast.walk(value)
        if isinstance(node, ast.Name | ast.Attribute)
    ]
    return max((each for each in names if each[1] not in HELPERS), default=(0, "value"))[1].strip("_").lower()


def _files() -> Iterator[tuple[str, str]]:
    for top in ("tenants", "vault"):
        for file in sorted((ROOT / top).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            if not path.startswith(UNSEEN):
                yield path.removesuffix(".py").removesuffix("/__init__").replace("/", "."), path
