"""The documentation: its commands print what it shows, its Python runs, and what it names exists."""

import contextlib
import doctest
import importlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, get_args

import pytest
import typer

from langgym.asking import AttemptClass
from langgym.bench import NAMES
from langgym.cli import app as command_line
from langgym.cli import exits
from langgym.config import Settings
from langgym.memory.recall import HALF_LIFE, WEIGHTS
from universe.catalog import default_catalog

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
PAGES = (TOP / "README.md", *sorted(DOCS.glob("*.md")))
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
WITH_WEIGHTS = "<!-- weights -->"
PRELOADED = ("langgym.cli.playing", "langgym.cli.reading", "langgym.query.episodes", "langgym.query.memories")
"""What most commands load; a process that has it forks for each command, which takes a tenth of a start."""

SHELL_WORDS = {"cd", "echo", "export", "source", ".", "git", "cat", "grep", "pip", "llama-server"}
"""What a block that is not run may call besides programs of the project."""
UNRUN = (
    r"(git|export|source|\.|pip|llama-server) .*",
    r"scripts/(play|test|check)( .*)?",
    r"langgym models fetch( .*)?",
    r"langgym bench .*|(\.venv/bin/)?python -m (langgym\.bench|pytest) .*",
    r"langgym play (?!.*--model random).*",
    r"langgym resume",
    r"langgym envs try (?!.*--policy random).*",
    r"langgym (memories list|episodes show|agents show) .*",
)
"""Commands that may stand in a block that is not run: they install, are interactive or take the weights' minutes."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    kind: str
    flags: tuple[str, ...]
    mark: str
    """The line before it."""
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(TOP)}:{self.line}"


@dataclass(frozen=True)
class Shown:
    """A command of a page and the output that is shown for it."""

    place: str
    command: str
    output: str


@cache
def read_blocks(page: Path) -> tuple[Block, ...]:
    blocks: list[Block] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    start = 0
    for number, line in enumerate(lines):
        if not line.lstrip().startswith("```"):
            continue
        if not start:
            start = number + 1
            continue
        kind, *flags = lines[start - 1].strip().removeprefix("```").split() or [""]
        before = [text for text in lines[: start - 1] if text.strip()][-1:] or [""]
        blocks.append(Block(page, start, kind, tuple(flags), before[0].strip(), "\n".join(lines[start:number])))
        start = 0
    assert not start, f"{page}: the block of line {start} does not end"
    return tuple(blocks)


def find_blocks(page: Path, kind: str, *, run: bool = True, weights: bool = False) -> list[Block]:
    return [
        block
        for block in read_blocks(page)
        if block.kind == kind
        and ("not-run" not in block.flags) is run
        and (not run or (block.mark == WITH_WEIGHTS) is weights)
    ]


def read_commands(block: Block) -> list[Shown]:
    """Returns the commands of a block: `$ ` begins one, `> ` goes on with it, everything else is output."""
    found: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(block.text.splitlines(), start=1):
        if line.startswith("$ "):
            found.append((block.line + number, [line[2:]], []))
        elif line.startswith("> ") and found and not found[-1][2]:
            found[-1][1].append(line[2:])
        else:
            assert found, f"{block.place}: output before the first command"
            found[-1][2].append(line)
    return [
        Shown(f"{block.page.name}:{number}", "\n".join(command), "\n".join(output)) for number, command, output in found
    ]


def list_commands(page: Path, *, run: bool = True, weights: bool = False) -> list[Shown]:
    return [shown for block in find_blocks(page, "console", run=run, weights=weights) for shown in read_commands(block)]


def make_pattern(shown: str) -> str:
    """Returns what output must match: `…` stands for any text in a line, a line of its own for any lines."""
    parts: list[str] = []
    for line in shown.rstrip().splitlines():
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            words = (re.escape(word) for word in line.rstrip().split("…"))
            parts.append(r"[^\n]*?".join(words) + r"[ \t]*\n")
    return "".join(parts)


def agrees(shown: str, printed: str) -> bool:
    text = printed.strip("\n")
    return re.fullmatch(make_pattern(shown.strip("\n")), f"{text}\n" if text else "") is not None


class Shell:
    """Runs commands one after the other, each in a process of its own; its process has loaded LangGym beforehand."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.test_docs"],
            cwd=TOP,
            env={**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, commands: Sequence[str], home: Path) -> list[tuple[str, int]]:
        """Returns what each command prints and its exit code."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"commands": commands, "HOME": str(home.parent), "LANGGYM_HOME": str(home)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return [(printed, code) for printed, code in json.loads(self._process.stdout.readline())]

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


def serve_shell() -> None:
    """Reads requests from standard input and writes results to standard output, a line of JSON each."""
    for module in PRELOADED:
        importlib.import_module(module)
    for line in sys.stdin:
        request = json.loads(line)
        os.environ.update({name: request[name] for name in ("HOME", "LANGGYM_HOME")})
        results: list[tuple[str, int]] = []
        for command in request["commands"]:
            results.append(run_command(command, results[-1][1] if results else 0))
        sys.stdout.write(json.dumps(results) + "\n")
        sys.stdout.flush()


def run_command(command: str, before: int) -> tuple[str, int]:
    """Runs a command where the one before it ended with the code `before`; plain ones of ours need no shell."""
    with tempfile.TemporaryFile("w+b") as output:
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            if re.fullmatch(r"langgym [^|&;<>$`*\\\n]*", command):
                run_langgym(shlex.split(command)[1:])
            os.execvp("bash", ["bash", "--norc", "-c", f"(exit {before})\n{command}"])
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        return output.read().decode(), code


def run_langgym(arguments: Sequence[str]) -> NoReturn:
    code = 1
    try:
        code = command_line.main(arguments)
        sys.stdout.flush()
    finally:
        os._exit(code)


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


def check_options(words: Sequence[str]) -> None:
    """Follows the words through the command line's own tree; every option must be known where it stands."""
    command: Any = typer.main.get_command(command_line.app)
    if words[:1] == ["bench"]:
        return check_module(["-m", "langgym.bench", *words[1:]])
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    for word in words:
        if word.startswith("-"):
            assert word.split("=")[0] in known, f"`{' '.join(words)}`: there is no {word}"
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
            known |= {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert not hasattr(command, "commands"), f"`{' '.join(words)}` names no command"
    return None


def check_module(words: Sequence[str]) -> None:
    flag, module, *rest = words
    assert flag == "-m"
    if module == "pytest":
        assert all((TOP / word.split("::")[0]).exists() for word in rest if word.startswith("tests/"))
        return
    assert module == "langgym.bench"
    assert rest[0] in NAMES
    shown = subprocess.run([sys.executable, *words[:3], "--help"], capture_output=True, text=True, check=True).stdout
    assert all(word in shown for word in rest if word.startswith("--")), rest


def walk_commands(command: Any, path: tuple[str, ...] = ("langgym",)) -> Iterator[str]:
    """Yields every command that has none below it, for example `langgym envs list`."""
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(path)
    for name, inner in (below or {}).items():
        yield from walk_commands(inner, (*path, name))


@pytest.mark.parametrize("name", list(walk_commands(typer.main.get_command(command_line.app))))
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
    assert row in (DOCS / "commands.md").read_text(encoding="utf-8")


def find_variables(texts: Iterator[str]) -> set[str]:
    return {name for text in texts for name in re.findall(r"\bLANGGYM_[A-Z_]*[A-Z]\b", text)}


def test_the_variables_of_the_code_and_of_the_pages_are_the_same() -> None:
    packages = (path for name in ("langgym", "universe", "agents_db") for path in (TOP / name).rglob("*.py"))
    used = find_variables(path.read_text(encoding="utf-8") for path in packages)
    fields = {f"LANGGYM_{name.upper()}" for name in Settings.model_fields}

    assert find_variables(page.read_text(encoding="utf-8") for page in PAGES) == used | fields


def test_every_exit_code_is_documented() -> None:
    codes = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    rows = re.findall(r"^\| (\d+) \|", (DOCS / "commands.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(map(int, rows)) == codes


def test_every_class_of_attempt_is_documented() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "models.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(rows) == set(get_args(AttemptClass))


def test_the_formula_of_recall_is_that_of_the_code() -> None:
    text = (DOCS / "memory.md").read_text(encoding="utf-8")

    assert " + ".join(f"{weight} · {name}" for name, weight in WEIGHTS.items()) in text
    assert f"2^(-age / {HALF_LIFE})" in text


def test_every_environment_is_in_the_table() -> None:
    rows = re.findall(r"^\| `(\w+/\w+)` \|", (DOCS / "universe.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(rows) == sorted(card.env_id for card in default_catalog())


def test_every_page_is_on_the_map() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")

    pages = {page for page in (*PAGES[1:], *DECISIONS) if f"({page.relative_to(DOCS).as_posix()})" not in text}
    assert pages == {DOCS / "index.md"}


# What is named


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def find_anchors(page: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)}


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=name_page)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not re.match(r"[a-z]+:", link) and not is_there(page, link)] == []


def is_there(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = page.parent / file if file else page
    return target.exists() and (not anchor or anchor in find_anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:docs|langgym|universe|agents_db|scripts|tests)/[\w./-]+)`", text)

    assert [name for name in named if not (TOP / name).exists()] == []


@pytest.mark.parametrize("block", [b for page in PAGES for b in find_blocks(page, "toml")], ids=lambda b: b.place)
def test_configuration_can_be_read(block: Block) -> None:
    assert tomllib.loads(block.text)


if __name__ == "__main__":
    serve_shell()
