"""The direction of imports, and what stays unloaded until it is needed."""

import ast
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
PACKAGES = ("langgym", "universe", "agents_db")
HEAVY = {
    "alembic",
    "chromadb",
    "mpe2",
    "onnxruntime",
    "openai",
    "pettingzoo",
    "sqlalchemy",
    "sqlmodel",
    "xllamacpp",
}
REPORT = "import sys, json; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})), file=sys.stderr)"
COMMAND = f"""
import runpy, sys
sys.argv = ["langgym", *sys.argv[1:]]
try:
    runpy.run_module("langgym", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
{REPORT}
"""


@cache
def read_modules() -> Mapping[str, Path]:
    paths = [path for package in PACKAGES for path in sorted((TOP / package).rglob("*.py"))]
    return {name_module(path): path for path in paths}


def name_module(path: Path) -> str:
    parts = path.relative_to(TOP).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def read_tree(module: str) -> ast.Module:
    return ast.parse(read_modules()[module].read_text(encoding="utf-8"))


def walk_top_level(tree: ast.AST) -> Iterator[ast.AST]:
    """Yields what runs when the module is imported: nothing inside functions or under `TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from (inner for other in node.orelse for inner in (other, *walk_top_level(other)))
            continue
        yield node
        yield from walk_top_level(node)


def resolve_imports(module: str, nodes: Iterator[ast.AST]) -> set[str]:
    """Returns the full names that the import statements among `nodes` load, other than the module itself."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(resolve_from(module, node))
    return found - {module}


def resolve_from(module: str, node: ast.ImportFrom) -> set[str]:
    origin = node.module or ""
    if node.level:
        is_package = read_modules()[module].name == "__init__.py"
        parts = module.split(".")
        anchor = parts[: len(parts) - node.level + is_package]
        origin = ".".join([*anchor, *([node.module] if node.module else [])])
    names = {f"{origin}.{alias.name}" for alias in node.names}
    return {name if name in read_modules() else origin for name in names}


def read_all_imports(module: str) -> set[str]:
    return resolve_imports(module, ast.walk(read_tree(module)))


def belongs(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def find_importers(of: tuple[str, ...], *, within: str = "", besides: tuple[str, ...] = ()) -> list[str]:
    """Returns `importer -> imported` for every import, lazy ones included, of the packages `of`."""
    return [
        f"{module} -> {target}"
        for module in read_modules()
        for target in sorted(read_all_imports(module))
        if any(belongs(target, package) for package in of)
        and (not within or belongs(module, within))
        and not any(belongs(module, package) for package in besides)
    ]


def list_loaded(*arguments: str) -> set[str]:
    child = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=TOP)
    assert child.returncode == 0, child.stderr
    return set(json.loads(child.stderr.splitlines()[-1]))


def test_every_package_is_read() -> None:
    assert {name.partition(".")[0] for name in read_modules()} == set(PACKAGES)


def test_modules_import_each_other_without_cycles() -> None:
    modules = read_modules()
    graph = {name: resolve_imports(name, walk_top_level(read_tree(name))) & modules.keys() for name in modules}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize(
    ("package", "others"), [("universe", ("langgym", "agents_db")), ("agents_db", ("langgym", "universe"))]
)
def test_package_imports_nothing_else_of_ours(package: str, others: tuple[str, ...]) -> None:
    assert find_importers(others, within=package) == []


def test_packages_import_no_scripts_and_no_tests() -> None:
    assert find_importers(("tests", "scripts", "conftest")) == []


def test_only_the_entry_point_imports_the_command_line() -> None:
    assert find_importers(("langgym.cli",), besides=("langgym.cli", "langgym.__main__")) == []


def test_only_the_command_line_and_its_bench_import_the_terminal_interface() -> None:
    measure = "langgym.bench.tui"
    assert find_importers(("langgym.tui",), besides=("langgym.tui", "langgym.cli", measure)) == []


def test_read_models_know_neither_screens_nor_the_vector_index() -> None:
    assert find_importers(("textual", "chromadb"), within="langgym.query") == []


def test_importing_langgym_loads_nothing_heavy() -> None:
    assert list_loaded("-c", f"import langgym\n{REPORT}") & HEAVY == set()


def test_importing_the_universe_loads_no_game() -> None:
    assert list_loaded("-c", f"import universe\n{REPORT}") & HEAVY == set()


def test_help_loads_nothing_heavy() -> None:
    assert list_loaded("-c", COMMAND, "--help") & HEAVY == set()


def test_listing_environments_loads_no_game() -> None:
    games = {"pettingzoo", "mpe2", "rlcard", "pygame", "chromadb", "openai"}
    assert list_loaded("-c", COMMAND, "envs", "list") & games == set()


def find_hidden(folder: Path) -> set[str]:
    """Returns the modules of others that are hidden when `folder` stands first on the path."""
    ours = {path.stem for path in folder.iterdir() if path.is_dir() or path.suffix == ".py"}
    installed = {*packages_distributions(), *(found.name for found in pkgutil.iter_modules())}
    return ours & {*sys.stdlib_module_names, *installed} - {*PACKAGES, "__pycache__", "conftest", "tests"}


def test_no_file_of_langgym_hides_another_module() -> None:
    """A file of `langgym/` that is run by its path, by Python or Streamlit, may have `langgym/` first on its path."""
    assert find_hidden(TOP / "langgym") == set()


@pytest.mark.parametrize("name", ["json.py", "numpy", "typing_extensions.py", "google"])
def test_what_would_hide_a_module_is_found(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()

    assert find_hidden(tmp_path) == {Path(name).stem}
