from decimal import Decimal
from pathlib import Path

import pytest

from langgym.errors import UsageError
from langgym.prices import PriceTable, find_endpoint, load_prices

OPENAI = "https://api.openai.com/v1"
ELSEWHERE = "http://10.0.0.1:8080/v1"


def make_table(home: Path, text: str = "") -> PriceTable:
    home.mkdir(parents=True, exist_ok=True)
    (home / "prices.toml").write_text(text, encoding="utf-8")
    return load_prices(home)


def read_input(table: PriceTable, model: str, endpoint: str | None) -> Decimal | None:
    price = table.find(model, endpoint)
    return None if price is None else price.input


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("openai:gpt-4o", "2.50"),
        ("openai:gpt-4o-mini", "0.15"),
        ("openai:gpt-4o-mini-2024-07-18", "0.15"),
        ("openai:gpt-4o-2024-05-13", "5.00"),
        ("openai:gpt-4o-2024-08-06", "2.50"),
        ("openai:gpt-5-nano-2025-08-07", "0.05"),
        ("openai:gpt-4o-audio-preview", None),
        ("openai:gpt-4", None),
        ("openai:qwen3", None),
        ("local:smollm2", "0"),
        ("local:/any/file.gguf", "0"),
    ],
)
def test_names_and_dated_snapshots_are_priced_and_nothing_else(tmp_path: Path, model: str, dollars: str | None) -> None:
    expected = None if dollars is None else Decimal(dollars)
    assert read_input(load_prices(tmp_path), model, OPENAI) == expected


@pytest.mark.parametrize("endpoint", [ELSEWHERE, None, "https://api.openai.com.example.org/v1"])
def test_the_prices_of_the_package_hold_at_openai_alone(tmp_path: Path, endpoint: str | None) -> None:
    assert load_prices(tmp_path).find("openai:gpt-4o", endpoint) is None


def test_cached_tokens_have_their_own_price(tmp_path: Path) -> None:
    price = load_prices(tmp_path).find("openai:gpt-4.1", OPENAI)
    assert price is not None
    assert price.find_cost(1_000_000, 1_000_000, cached=250_000) == Decimal("1.5") + Decimal("0.125") + 8


def test_more_cached_tokens_than_were_read_count_as_those_read(tmp_path: Path) -> None:
    price = load_prices(tmp_path).find("openai:gpt-4.1", OPENAI)
    assert price is not None
    assert price.find_cost(1_000_000, 0, cached=9_000_000) == Decimal("0.5")


def test_a_home_names_models_of_other_servers_and_outranks_the_package(tmp_path: Path) -> None:
    table = make_table(
        tmp_path,
        '[models."gpt-4o"]\ninput = 9\noutput = 9\n[models."10.0.0.1:8080/gpt-4o"]\ninput = 1\noutput = 1\n',
    )
    assert read_input(table, "openai:gpt-4o", OPENAI) == 9
    assert read_input(table, "openai:gpt-4o", ELSEWHERE) == 1
    assert read_input(table, "openai:gpt-4o", "http://127.0.0.1:1/v1") == 9


def test_the_longest_name_wins(tmp_path: Path) -> None:
    table = make_table(
        tmp_path,
        '[models."q*"]\ninput = 1\noutput = 1\n[models."qwen*"]\ninput = 2\noutput = 2\n'
        '[models."qwen"]\ninput = 3\noutput = 3\n',
    )
    found = [read_input(table, f"openai:{name}", ELSEWHERE) for name in ("quark", "qwen3", "qwen", "other")]
    assert found == [1, 2, 3, None]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[models."a"]\ninput = -1\noutput = 1', "models.a.input"),
        ('[models."a"]\ninput = nan\noutput = 1', "models.a.input"),
        ('[models."a"]\ninput = 1', "models.a.output"),
        ('[models."a"]\ninput = 1\noutput = 1\nprice = 2', "models.a.price"),
        ("prices = 3", "prices"),
        ("[models", "cannot be read"),
    ],
)
def test_a_bad_file_is_told_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=r"prices\.toml") as caught:
        make_table(tmp_path, text)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_endpoint_is_the_setting_then_the_variable_then_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_endpoint(None) == OPENAI
    monkeypatch.setenv("OPENAI_BASE_URL", f" {ELSEWHERE} ")
    assert find_endpoint(None) == ELSEWHERE
    assert find_endpoint("http://127.0.0.1:9/v1") == "http://127.0.0.1:9/v1"
