from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from langgym.query.agents import EnvScore
from langgym.query.schema import FOLDER, make_schemas, write_schemas


@pytest.mark.parametrize("name", make_schemas())
def test_files_are_what_the_read_models_say(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == make_schemas()[name], "run `python -m langgym.query.schema`"


def test_no_file_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == set(make_schemas())


def test_schemas_are_written_where_asked(tmp_path: Path) -> None:
    write_schemas(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(make_schemas())


@pytest.mark.parametrize("text", make_schemas().values(), ids=make_schemas().keys())
def test_schemas_are_schemas(text: str) -> None:
    import json

    Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_not_finite_are_null(value: float) -> None:
    score = EnvScore(
        env_id="a/b_v1",
        n_participations=1,
        mean_total=value,
        best_total=1.5,
        last_total=value,
        n_wins=0,
        n_draws=0,
        n_losses=0,
        mean_turns=1.0,
        mean_seconds=0.1,
    )
    assert '"mean_total":null,"best_total":1.5,"last_total":null' in score.model_dump_json()
