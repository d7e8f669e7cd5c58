"""Put the three packages and the launcher into the wheel under one unique name."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = ("bot", "adapters", "storage")
LAUNCHER = {"deploy/launcher.py": "groundswell/__init__.py"}


class CustomBuildHook(BuildHookInterface[Any]):
    """Tell hatchling where each file lies and where it goes."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Ship the launcher always, and the packages unless they are read from the checkout."""
        if version == "editable":
            build_data["force_include_editable"].update(LAUNCHER)
        else:
            build_data["force_include"].update(LAUNCHER | packaged(Path(self.root)))


def packaged(root: Path) -> dict[str, str]:
    """Map every file of the packages to its place in the wheel.

    Files are named one by one because hatchling copies a folder with all that is in it: a
    `.env` left in `bot/` would be published.
    """
    return {
        str(path.relative_to(root)): f"groundswell/app/{path.relative_to(root).as_posix()}"
        for package in PACKAGES
        for path in sorted((root / package).rglob("*"))
        if path.is_file() and _belongs(path.relative_to(root))
    }


def _belongs(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return not hidden and path.suffix not in {".pyc", ".pyo"}
