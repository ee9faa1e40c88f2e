"""`langgym episodes film`: an episode as a film."""

from pathlib import Path
from typing import Annotated

import typer

from langgym.cli.output import emit
from langgym.cli.place import find_place


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("film")(film_episode)


def film_episode(
    ctx: typer.Context,
    episode: Annotated[int, typer.Argument(help="Its id.")],
    out: Annotated[Path, typer.Argument(help="The film to write: FILE.gif or FILE.mp4.")],
    seat: Annotated[
        str | None, typer.Option(help="Show only what this seat may know; without, a spectator sees everything.")
    ] = None,
    pace: Annotated[
        float | None, typer.Option(help="Turns a second; else 2, or as many as let it end within a minute.")
    ] = None,
) -> None:
    """Film an episode: it is played again, and every position is drawn, the last one included.

    Pictures are PettingZoo's own for MPE and Atari, and drawn boards for Classic. An episode that cannot be played
    again exactly is not filmed.
    """
    from langgym.cli.reading import open_stored
    from langgym.errors import UsageError
    from langgym.pictures.film import check_film, choose_pace, write_film
    from langgym.pictures.frames import draw_frames
    from langgym.pictures.words import tell_view
    from universe.catalog import default_catalog

    check_film(out, pace)
    with open_stored(find_place(ctx).home, f"episode {episode}") as db:
        record = db.episode(episode)
        seats = [part.seat for part in record.participations]
        if seat is not None and seat not in seats:
            raise UsageError(f"Episode {episode} has no seat {seat!r}; its seats are {', '.join(seats)}.")
        chosen = choose_pace(record.n_turns) if pace is None else pace
        frames = draw_frames(db, episode, seat=seat)
        n_written = write_film((frame.image for frame in frames), out, pace=chosen)
        card = default_catalog().find(record.env_id)
    emit(f"{out}: {n_written} pictures, {chosen:g} turns a second; {tell_view(card, seat)}")
