"""Whether the functions that the settings allow are there. The files are read, never run: that is the worker's part."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from warnings import catch_warnings, simplefilter

from gateway.hints import did_you_mean

MAKERS = ("globals", "locals", "vars", "exec", "eval", "setattr")  # builtins that can make a name
DOORS = ("modules", "__dict__")  # attributes by which a module gets at itself: sys.modules[__name__]


def problems_of_functions(folder: Path, allowed: Iterable[str]) -> Iterator[str]:
    """A sentence for each function (`module.name`) whose file is missing, cannot be read, or lacks it for sure."""
    for function in allowed:
        module, _, name = function.partition(".")
        path = folder / f"{module}.py"
        if path.is_file():
            yield from _problems_within(path, function, name)
        else:
            yield f"actions.allow names {function}, but there is no file {path}"


def _problems_within(path: Path, function: str, name: str) -> Iterator[str]:
    try:
        names = _names_in(path)
    except SyntaxError as error:
        where = f": line {error.lineno} is not Python" if error.lineno else ""
        yield f"actions.allow names {function}, but {path} cannot be read{where}"
    except (OSError, ValueError, RecursionError, MemoryError):
        yield f"actions.allow names {function}, but {path} cannot be read"
    else:
        if names is not None and name not in names:
            yield f"actions.allow names {function}, but {path} has no {name}{did_you_mean(name, names)}"


def _names_in(path: Path) -> list[str] | None:
    with catch_warnings():
        simplefilter("ignore")  # of the operator's code, which the worker gives when it runs
        return names_of(ast.parse(path.read_bytes()))


def names_of(module: ast.Module) -> list[str] | None:
    """The names that a module has once it is imported; None where that shows only when it is."""
    found: list[str] = []
    waiting: list[ast.AST] = [module]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.append(node.name)
                continue
            if isinstance(node, ast.alias):
                found.append((node.asname or node.name).partition(".")[0])
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.append(node.id)
            waiting.append(node)
    return None if {"*", "__getattr__"}.intersection(found) or _makes_names(module) else found


def _makes_names(module: ast.Module) -> bool:
    """Whether it may give itself names that are not written out. Where that is not sure, nothing is said: a start that
    is refused wrongly is worse than a call that fails."""
    return any(
        (isinstance(node, ast.Name) and node.id in MAKERS) or (isinstance(node, ast.Attribute) and node.attr in DOORS)
        for node in ast.walk(module)
    )
