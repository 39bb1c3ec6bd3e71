"""The files that the house rules are about, read once: product code, tests, every text of the project."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {
    ".git", ".venv", ".amc", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "__pycache__", "build",
    "dist", "storage", "node_modules",
}  # fmt: skip
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".cfg", ".csv", ".css", ".j2", ".mako", ".ini", ".lock", ".json", ".sh"}
NAMED = {"Makefile", "run", "Dockerfile", ".gitignore"}


@dataclass(frozen=True)
class Source:
    """One Python file: path from the root with forward slashes, text, syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """Dotted name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def source(path: str, text: str) -> Source:
    """Return a source from a text: what the tests plant faults in."""
    return Source(path, text, ast.parse(text))


@cache
def all_files() -> tuple[Path, ...]:
    """Return every text file of the project, tracked or about to be."""
    found = (path for path in ROOT.rglob("*") if not NOT_OURS & set(path.relative_to(ROOT).parts))
    return tuple(sorted(p for p in found if p.is_file() and (p.suffix in TEXT or p.name in NAMED) and _ours(p)))


def _ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return not any(part.endswith(".egg-info") or part.startswith(".tmp_dagster_home") for part in parts)


def name_of(path: Path) -> str:
    """Return the path from the root with forward slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def python(folder: str) -> tuple[Source, ...]:
    """Return the Python files under one folder of the project."""
    paths = [path for path in all_files() if path.suffix == ".py" and name_of(path).startswith(f"{folder}/")]
    return tuple(source(name_of(path), path.read_text(encoding="utf-8")) for path in paths)


def product() -> tuple[Source, ...]:
    """Return the code of the package."""
    found = python("amc_assets")
    assert len(found) > 100, "the package was not found: these rules would hold of nothing"
    return found


@cache
def documents() -> dict[str, str]:
    """Return README.md and every page under docs/ by path."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {name_of(path): path.read_text(encoding="utf-8") for path in paths}
