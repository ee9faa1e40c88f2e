"""Settings: where they come from, which outranks which, and what is refused."""

from pathlib import Path

import pytest

from langgym.config import load_settings
from langgym.errors import UsageError


def write_config(home: Path, text: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")


def test_each_source_outranks_the_next(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [load_settings(home).memories]
    write_config(home, "memories = 4\n")
    seen.append(load_settings(home).memories)
    monkeypatch.setenv("LANGGYM_MEMORIES", "8")
    seen.append(load_settings(home).memories)
    seen.append(load_settings(home, stored={"memories": 6}).memories)
    seen.append(load_settings(home, stored={"memories": 6}, flags={"memories": 7}).memories)
    assert seen == [5, 4, 8, 6, 7]


def test_a_flag_that_was_not_given_outranks_nothing(home: Path) -> None:
    assert load_settings(home, stored={"memories": 6}, flags={"memories": None}).memories == 6


def test_nothing_is_read_from_the_working_directory(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("memories = 9\n", encoding="utf-8")
    (tmp_path / ".env").write_text("LANGGYM_MEMORIES=9\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_settings(home).memories == 5


def test_what_an_agent_stores_of_other_things_is_no_setting(home: Path) -> None:
    assert load_settings(home, stored={"rival": "self"}).rival == "random"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_turn = 5\n", r"holds 'max_turn', which is no setting\. Did you mean 'max_turns'\?"),
        ("memories = 99\n", "memories=99 is not allowed"),
        ("memories = [\n", r"config\.toml cannot be read"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(home: Path, text: str, said: str) -> None:
    write_config(home, text)
    with pytest.raises(UsageError, match=said):
        load_settings(home)


def test_the_agent_may_be_named_in_the_file(home: Path) -> None:
    write_config(home, 'agent = "ada"\n')
    assert load_settings(home).memories == 5


def test_an_address_with_a_password_is_refused_and_not_repeated(home: Path) -> None:
    with pytest.raises(UsageError, match="OPENAI_API_KEY") as refused:
        load_settings(home, flags={"base_url": "http://me:hunter2@127.0.0.1/v1"})
    assert "hunter2" not in str(refused.value)
