"""House rules about one file, as functions of its syntax tree: each returns what breaks it, with the line."""

import ast
from collections.abc import Iterator

from amc_assets_tests.house.sources import Source

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 500, 60
Function = ast.FunctionDef | ast.AsyncFunctionDef

CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
    ("time", "sleep"), ("time", "monotonic"), ("time", "perf_counter"), ("time", "time_ns"), ("uuid", "uuid4"),
    ("uuid", "uuid1"), ("os", "urandom"), ("secrets", "token_hex"), ("secrets", "token_bytes"),
}  # fmt: skip
SEEDED = {"Random", "default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64"}
MUTATORS = {
    "append", "extend", "insert", "add", "update", "setdefault", "pop", "popitem", "clear", "remove", "discard",
}  # fmt: skip
READS = {"open", "read_text", "read_bytes", "getenv", "connect", "load_settings", "create_engine", "urlopen", "system"}
INERT = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign,
    ast.TypeAlias if hasattr(ast, "TypeAlias") else ast.Assign,
)  # fmt: skip


def functions(item: Source) -> Iterator[Function]:
    """Yield every function, nested ones too."""
    for node in ast.walk(item.tree):
        if isinstance(node, Function):
            yield node


def too_long(item: Source) -> list[str]:
    """Return the file when it is too long, and its functions that are."""
    lines = item.text.count("\n")
    wrong = [f"{lines} lines"] if lines > MOST_LINES else []
    for node in functions(item):
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > MOST_LINES_OF_A_FUNCTION:
            wrong.append(f"{node.name}: {length} lines")
    return wrong


def unannotated(item: Source) -> list[str]:
    """Return the functions with an argument or a return value without a type."""
    return [f"{node.name}:{node.lineno}" for node in functions(item) if not _is_annotated(node)]


def _is_annotated(node: Function) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    arguments += [argument for argument in (node.args.vararg, node.args.kwarg) if argument]
    bound = [argument for argument in arguments if argument.arg not in {"self", "cls"}]
    return node.returns is not None and all(argument.annotation is not None for argument in bound)


def undocumented(item: Source) -> list[str]:
    """Return the module and the public classes, functions and methods without a docstring."""
    bare_package = item.path.endswith("__init__.py") and not item.text.strip()
    wrong = [] if ast.get_docstring(item.tree) or bare_package else ["the module"]
    return wrong + list(_undocumented(item.tree.body, ""))


def _undocumented(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and not _is_overload(node):
            yield f"{prefix}{node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node.body, f"{prefix}{node.name}.")


def _is_overload(node: ast.ClassDef | Function) -> bool:
    names = {getattr(item, "id", getattr(item, "attr", "")) for item in node.decorator_list}
    return bool(names & {"overload", "override", "setter"})


def broad_excepts(item: Source) -> list[str]:
    """Return ``path:function`` of every handler of everything."""
    return [f"{item.path}:{where}" for where in _broad(item.tree, "module")]


def _broad(node: ast.AST, where: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, Function) else where
        if isinstance(child, ast.ExceptHandler) and _catches_everything(child.type):
            yield inside
        yield from _broad(child, inside)


def _catches_everything(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in names)


def reads_the_clock(item: Source) -> list[str]:
    """Return where a file reads the clock, sleeps, draws unseeded randomness or makes up an id."""
    wrong = []
    for node in ast.walk(item.tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if (owner, node.attr) in CLOCKS or (owner == "random" and node.attr not in SEEDED):
                wrong.append(f"{owner}.{node.attr}")
        elif isinstance(node, ast.ImportFrom):
            wrong += [f"{node.module}.{a.name}" for a in node.names if (node.module, a.name) in CLOCKS]
            wrong += [f"random.{a.name}" for a in node.names if node.module == "random" and a.name not in SEEDED]
        elif isinstance(node, ast.Call) and not node.args and _name(node.func) in {"Random", "default_rng"}:
            wrong.append(f"unseeded {_name(node.func)}")
    return sorted(set(wrong))


def measures_speed(item: Source) -> list[str]:
    """Return where a file reads a clock that is made for measuring speed: that is a benchmark's work.

    A test of 15 ms failed the whole suite on a busy machine at 20 ms (December 2026).
    """
    used = [node.attr for node in ast.walk(item.tree) if isinstance(node, ast.Attribute)]
    used += [node.name for node in ast.walk(item.tree) if isinstance(node, ast.alias)]
    return sorted({name for name in used if name.removesuffix("_ns") in {"perf_counter", "process_time"}})


def limits_examples_in_time(item: Source) -> list[str]:
    """Return where a test gives Hypothesis a deadline of its own, or takes back that slow examples are no fault.

    The profile of ``amc_assets_tests/conftest.py`` has none for all tests; a list of health checks replaces its own.
    """
    wrong = []
    for node in ast.walk(item.tree):
        if not isinstance(node, ast.Call) or _name(node.func) not in {"settings", "register_profile"}:
            continue
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        wrong += [f"deadline={given['deadline']}:{node.lineno}"] if "deadline" in given else []
        if "too_slow" not in given.get("suppress_health_check", "too_slow"):
            wrong.append(f"too_slow is a fault:{node.lineno}")
    return wrong


def changes_globals(item: Source) -> list[str]:
    """Return where a function changes a module's state: a ``global``, or a change to a name in capitals.

    A table that its own module fills in at the top level is a constant, not state.
    """
    inside = [node for function in functions(item) for node in ast.walk(function)]
    wrong = [f"global {', '.join(n.names)}" for n in inside if isinstance(n, ast.Global)]
    for node in inside:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            wrong += [f"{n}.{node.func.attr}:{node.lineno}" for n in _constant(node.func.value)]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            wrong += [f"{n}[...]:{node.lineno}" for n in _constant(node.value)]
    for node in item.tree.body:
        for target in node.targets if isinstance(node, ast.Assign) else []:
            if isinstance(target, ast.Name) and _is_mutable(node.value) and not target.id.isupper():
                wrong += [] if target.id.startswith("__") else [f"{target.id} = a changeable value"]
    return wrong


def _constant(node: ast.expr) -> list[str]:
    name = _name(node)
    return [name] if name.isupper() and len(name) > 2 else []


def _is_mutable(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return _name(value.func) in {"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict"}
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def works_at_import(item: Source) -> list[str]:
    """Return statements of a module that do something when it is imported."""
    wrong = []
    for node in item.tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.If) and ("TYPE_CHECKING" in ast.dump(node.test) or "__name__" in ast.dump(node.test)):
            continue
        if not isinstance(node, INERT):
            wrong.append(f"line {node.lineno}: {ast.unparse(node).splitlines()[0]}")
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            calls = {_name(n.func) for n in ast.walk(node.value) if isinstance(n, ast.Call)}
            wrong += [f"line {node.lineno}: calls {name}" for name in sorted(calls & READS)]
    return wrong


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
