"""What tests of the repository itself read: its files and what its code imports."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRODUCT = ("bot", "adapters", "storage")


@cache
def files() -> tuple[Path, ...]:
    """List the files that git keeps or would offer to add, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    # A file that was removed and not yet committed is still in the list.
    return tuple(Path(name) for name in sorted(set(listed)) if name and (ROOT / name).is_file())


def python(*folders: str) -> list[Path]:
    """List the Python files of these top-level folders."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in folders]


@cache
def tree(path: Path) -> ast.Module:
    """Parse one file of the repository."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


@cache
def imports(path: Path) -> frozenset[str]:
    """Name each module that a file imports anywhere in it, and each name it takes from one."""
    return frozenset(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = path.parts[: -node.level] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def takes(path: Path, *modules: str) -> bool:
    """Tell whether a file imports one of these modules or anything inside it."""
    return any(
        name == module or name.startswith(f"{module}.")
        for name in imports(path)
        for module in modules
    )


def dotted(node: ast.expr) -> str:
    """Write `a.b.c` as it stands in the source; anything else gives an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""
