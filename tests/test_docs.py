"""The documentation: its commands print what it shows, its Python runs, and what it names exists."""

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from textual.keys import key_to_character

from langgym.asking import AttemptClass
from langgym.bench import NAMES
from langgym.cli import app as command_line
from langgym.cli import exits
from langgym.config import Settings
from langgym.memory.scoring import HALF_LIVES, WEIGHTS
from langgym.query.filters import EPISODE_KEYS, MEMORY_KEYS
from langgym.query.live import LiveState
from langgym.query.schema import MODELS
from langgym.tui.keymap import KEYS
from tests.pages import TOP, Block, Shell, Shown, agrees, find_blocks, list_commands, read_blocks
from universe.catalog import default_catalog

DOCS = TOP / "docs"
PAGES = (TOP / "README.md", *sorted(DOCS.glob("*.md")))
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))

PACKAGES = ("langgym", "universe", "agents_db")
SHELL_WORDS = {"export", "source", ".", "git", "pip"}
"""What a block that is not run may call besides programs of the project."""
UNRUN = (
    r"(git|export|source|\.|pip) .*",
    r"scripts/(play|test|check)( .*)?",
    r"langgym models fetch( .*)?",
    r"langgym bench .*|(\.venv/bin/)?python -m (langgym\.bench|pytest) .*",
    r"langgym play (?!.*--model random).*",
    r"langgym resume",
    r"langgym tui( .*)?",
    r"langgym envs try (?!.*--policy random).*",
    r"langgym (memories list|episodes show|agents show) .*",
)
"""Commands that may stand in a block that is not run: they install, are interactive or take the weights' minutes."""
KEY_NAMES = {"slash": "/", "plus": "+", "minus": "-"}
"""Of keys that Textual calls otherwise than Unicode does."""


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    opened = Shell()
    yield opened
    opened.close()


def check_page(shell: Shell, commands: Sequence[Shown], home: Path) -> None:
    results = shell.run([shown.command for shown in commands], home)
    for number, (shown, (printed, code)) in enumerate(zip(commands, results, strict=True)):
        tells = any(later.command == "echo $?" for later in commands[number + 1 : number + 2])
        if not agrees(shown.output, printed):
            pytest.fail(f"{shown.place}: `{shown.command}` shows\n{shown.output}\nand prints\n{printed}", pytrace=False)
        assert code == 0 or tells, f"{shown.place}: `{shown.command}` ends with {code}: show it by `echo $?`"


def name_page(value: object) -> str:
    return value.stem if isinstance(value, Path) else str(value)


# What is run


@pytest.mark.parametrize("page", [page for page in PAGES if list_commands(page)], ids=name_page)
def test_commands_print_what_the_page_shows(page: Path, home: Path, shell: Shell) -> None:
    check_page(shell, list_commands(page), home)
    shutil.rmtree(TOP / "shots", ignore_errors=True)  # what `langgym envs try --frames shots` saves beside it


@pytest.mark.model
@pytest.mark.parametrize("page", [page for page in PAGES if list_commands(page, weights=True)], ids=name_page)
def test_commands_with_weights_print_what_the_page_shows(page: Path, home: Path, weights: Path, shell: Shell) -> None:
    home.mkdir()
    (home / "models").symlink_to(weights)

    check_page(shell, list_commands(page, weights=True), home)


@pytest.mark.parametrize("page", [page for page in PAGES if find_blocks(page, "python")], ids=name_page)
def test_python_blocks_run_and_print_what_the_page_shows(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    blocks = read_blocks(page)
    for number, block in enumerate(blocks):
        if block.kind != "python":
            continue
        if ">>> " in block.text:
            run_doctest(block, names)
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * block.line + block.text, str(page), "exec"), names)
        after = blocks[number + 1 : number + 2]
        shown = after[0].text if after and after[0].flags == ("output",) else ""
        assert agrees(shown, printed.getvalue()), f"{block.place} prints\n{printed.getvalue()}"


def run_doctest(block: Block, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, names, block.place, str(block.page), block.line)
    told = io.StringIO()
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=told.write, clear_globs=False)
    names.update(test.globs)
    assert not told.getvalue(), told.getvalue()


def test_a_wrong_transcript_is_caught() -> None:
    assert agrees("won …\n…\nend", "won 3\na\nb\nend\n")
    assert not agrees("won …\nend", "won 3\na\nend\n")
    assert not agrees("won", "won 3\n")
    assert not agrees("", "anything\n")


# What is only read


@pytest.mark.parametrize("shown", [s for page in PAGES for s in list_commands(page, run=False)], ids=lambda s: s.place)
def test_a_command_that_is_not_run_may_be_left_out_and_exists(shown: Shown) -> None:
    for command in shown.command.splitlines():
        assert any(re.fullmatch(pattern, command) for pattern in UNRUN), f"{command!r} can be run: do so"
        check_exists(command)


def check_exists(command: str) -> None:
    words = shlex.split(command, comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    program, *rest = words
    if program == "langgym":
        check_options(rest)
    elif program.endswith("python"):
        check_module(rest)
    elif program.startswith("scripts/"):
        assert os.access(TOP / program, os.X_OK), f"there is no program {program}"
        check_options(["play", *rest] if program == "scripts/play" else [])
    else:
        assert program in SHELL_WORDS, f"what is {program!r}?"


def find_root() -> Any:
    return typer.main.get_command(command_line.app)


def read_names(option: Any) -> tuple[str, ...]:
    return (*option.opts, *option.secondary_opts, "--help")


def walk_tree(command: Any) -> Iterator[Any]:
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from walk_tree(inner)


def check_options(words: Sequence[str]) -> None:
    """Follows the words through the command line's own tree; every option must be known where it stands."""
    if words[:1] == ["bench"]:
        return check_module(["-m", "langgym.bench", *words[1:]])
    command = find_root()
    known = {name for option in command.params for name in read_names(option)}
    for word in words:
        if word.startswith("-"):
            assert word.split("=")[0] in known, f"`{' '.join(words)}`: there is no {word}"
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
            known |= {name for option in command.params for name in read_names(option)}
    assert not hasattr(command, "commands"), f"`{' '.join(words)}` names no command"
    return None


def check_module(words: Sequence[str]) -> None:
    flag, module, *rest = words
    assert flag == "-m"
    if module == "pytest":
        assert all((TOP / word.split("::")[0]).exists() for word in rest if word.startswith("tests/"))
        return
    assert module == "langgym.bench"
    assert rest[0] in (*NAMES, "NAME")
    if not any(word.startswith("--") for word in rest):
        return
    shown = subprocess.run([sys.executable, *words[:3], "--help"], capture_output=True, text=True, check=True).stdout
    assert all(word in shown for word in rest if word.startswith("--")), rest


def walk_commands(command: Any, path: tuple[str, ...] = ("langgym",)) -> Iterator[str]:
    """Yields every command that has none below it, for example `langgym envs list`."""
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(path)
    for name, inner in (below or {}).items():
        yield from walk_commands(inner, (*path, name))


@pytest.mark.parametrize("name", list(walk_commands(find_root())))
def test_every_command_has_an_example(name: str) -> None:
    page = DOCS / "commands.md"
    examples = [shown.command for run in (True, False) for shown in list_commands(page, run=run)]

    assert any(example == name or example.startswith(f"{name} ") for example in examples)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    flag, variable, default = (
        f"--{name.replace('_', '-')}",
        f"LANGGYM_{name.upper()}",
        Settings.model_fields[name].default,
    )
    shown = "none" if default is None else f"`{default}`"

    row = f"| `{name}` | `{flag}` | `{variable}` | {shown} |"
    assert row in (DOCS / "commands.md").read_text("utf-8")


def find_variables(files: Iterable[Path]) -> set[str]:
    return {name for file in files for name in re.findall(r"\bLANGGYM_[A-Z_]*[A-Z]\b", file.read_text("utf-8"))}


def test_the_variables_of_the_code_and_of_the_pages_are_the_same() -> None:
    fields = {f"LANGGYM_{name.upper()}" for name in Settings.model_fields}
    used = find_variables(file for name in PACKAGES for file in (TOP / name).rglob("*.py"))

    assert find_variables(PAGES) == used | fields


@pytest.mark.parametrize("name", NAMES)
def test_every_bench_is_documented(name: str) -> None:
    assert f"\n## {name}\n" in (DOCS / "bench.md").read_text("utf-8")


def test_every_exit_code_is_documented() -> None:
    codes = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    rows = re.findall(r"^\| (\d+) \|", (DOCS / "commands.md").read_text("utf-8"), re.MULTILINE)

    assert set(map(int, rows)) == codes


def test_every_class_of_attempt_is_documented() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "models.md").read_text("utf-8"), re.MULTILINE)

    assert set(rows) == set(get_args(AttemptClass))


@pytest.mark.parametrize("name", KEYS)
def test_every_key_of_the_interface_is_in_a_table(name: str) -> None:
    keys = " ".join(f"`{show_key(key)}`" for key in KEYS[name].keys.split(","))

    assert f"\n| {keys} | `{name}` | {KEYS[name].words} |\n" in (DOCS / "tui.md").read_text("utf-8")


def show_key(key: str) -> str:
    """Returns a key as it is printed on it."""
    character = KEY_NAMES.get(key) or key_to_character(key) or key
    return character if character.isprintable() and character.strip() else key


@pytest.mark.parametrize("key", sorted({*EPISODE_KEYS, *MEMORY_KEYS}))
def test_every_key_of_filters_is_in_the_table(key: str) -> None:
    rows = re.findall(r"^\| (`\w+:`.*?) \|", (DOCS / "tui.md").read_text("utf-8"), re.MULTILINE)

    assert sum(f"`{key}:`" in row for row in rows) == 1


def test_every_state_of_an_episode_under_way_is_in_the_table() -> None:
    rows = re.findall(r"^\| (\w+) \|", (DOCS / "tui.md").read_text("utf-8"), re.MULTILINE)

    assert set(get_args(LiveState)) <= set(rows)


@pytest.mark.parametrize("name", MODELS)
def test_every_schema_is_linked(name: str) -> None:
    assert f"[{name}](schema/{name}.json)" in (DOCS / "commands.md").read_text("utf-8")


def test_the_formula_of_recall_is_that_of_the_code() -> None:
    text = (DOCS / "memory.md").read_text("utf-8")

    assert " + ".join(f"{weight} · {name}" for name, weight in WEIGHTS.items()) in text
    assert all(f"2^(-age / {half_life:g})" in text for half_life in HALF_LIVES.values() if half_life)


def test_every_environment_is_in_the_table() -> None:
    rows = re.findall(r"^\| `(\w+/\w+)` \|", (DOCS / "universe.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(rows) == sorted(card.env_id for card in default_catalog())


def test_every_page_is_on_the_map() -> None:
    text = (DOCS / "index.md").read_text("utf-8")

    missing = [page.name for page in (*PAGES[1:], *DECISIONS) if f"({page.relative_to(DOCS).as_posix()})" not in text]
    assert missing == ["index.md"], f"link {missing} in docs/index.md"


# What is named


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def find_anchors(page: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)}


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=name_page)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))

    assert [link for link in links if not re.match(r"[a-z]+:", link) and not is_there(page, link)] == []


def is_there(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = page.parent / file if file else page
    return target.exists() and (not anchor or anchor in find_anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    named = re.findall(r"`((?:docs|langgym|universe|agents_db|scripts|tests)/[\w./-]+)`", text)

    assert [name for name in named if not (TOP / name).exists()] == []


def find_inline(page: Path, start: str) -> list[str]:
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [code for code in re.findall(r"`([^`]+)`", prose) if code.startswith(start)]


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_commands_that_are_named_exist(page: Path) -> None:
    for code in find_inline(page, "langgym "):
        check_options(shlex.split(code)[1:])


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_options_that_are_named_exist(page: Path) -> None:
    known = {name for command in walk_tree(find_root()) for option in command.params for name in read_names(option)}

    assert {code.split()[0] for code in find_inline(page, "--")} - known == set()


@pytest.mark.parametrize("block", [b for page in PAGES for b in find_blocks(page, "toml")], ids=lambda b: b.place)
def test_configuration_can_be_read(block: Block) -> None:
    assert tomllib.loads(block.text)
