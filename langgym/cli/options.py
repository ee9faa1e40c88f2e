"""Options that several commands have."""

from typing import Annotated

import typer

from langgym.cli.limiting import read_dollars, read_seconds

Model = Annotated[
    str | None,
    typer.Option(
        help="local:smollm2, local:FILE.gguf, hf:OWNER/NAME, openai:NAME, completion:NAME, experience, heuristic, "
        "random, human."
    ),
]
Kwarg = Annotated[list[str] | None, typer.Option(help="key=value of the environment; may be repeated.")]
Seed = Annotated[int | None, typer.Option(min=0, max=2**63 - 1, help="Of all draws; without it, entropy.")]
Rival = Annotated[
    str | None,
    typer.Option(help="Other seats: random, heuristic, uci:PROGRAM, gtp:PROGRAM, self, human or agent:NAME."),
]
Mate = Annotated[str | None, typer.Option(help="Seats of team mates: random, heuristic, self, human or agent:NAME.")]
MaxTurns = Annotated[int | None, typer.Option(help="Turns after which an episode is capped.")]
MaxAttempts = Annotated[int | None, typer.Option(help="Replies a model has for one decision.")]
Temperature = Annotated[float | None, typer.Option(help="Of the model, 0 to 2.")]
Thought = Annotated[int | None, typer.Option(help="Characters of thought before an answer; 0 for none.")]
ReplyTokens = Annotated[int | None, typer.Option(help="The longest reply, in tokens.")]
Memories = Annotated[int | None, typer.Option(help="The most memories recalled in a turn.")]
MemoryTokens = Annotated[int | None, typer.Option(help="The most tokens that recalled memories take in a turn.")]
Decide = Annotated[
    str | None,
    typer.Option(help="model: it reads what is remembered; advised: its likelihoods with experience."),
]
Curiosity = Annotated[float | None, typer.Option(help="From 0, what is known to be good, to 1, what is new.")]
Reflector = Annotated[
    str | None, typer.Option(help="Draws conclusions: grounded (counts), self or a model's name (asks too), none.")
]
NoMemory = Annotated[bool, typer.Option("--no-memory", help="Neither recall nor experience: as --memories 0.")]
Embedder = Annotated[str | None, typer.Option(help="Finds memories: local:minilm, openai:NAME or hashed.")]
BaseUrl = Annotated[str | None, typer.Option(help="Of an OpenAI-compatible server.")]
Universe = Annotated[
    str | None, typer.Option(help="The address of a service to play in: http://HOST:PORT; else in this process.")
]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes among which the agents are shared out.")]
RequestsPerMinute = Annotated[int | None, typer.Option(help="To one provider, by all agents together.")]
TokensPerMinute = Annotated[int | None, typer.Option(help="Read and written by one provider, for all agents together.")]
MaxRepeats = Annotated[int | None, typer.Option(help="Times in a row that the same may be seen; 0 for ever.")]
MaxMisses = Annotated[int | None, typer.Option(help="Decisions in a row without a legal answer; 0 for ever.")]
Threads = Annotated[int | None, typer.Option(help="Of the embedded model; else half of the cores.")]
MaxTokens = Annotated[int | None, typer.Option(min=0, help="Tokens that may be read and written in all.")]
MaxCost = Annotated[
    float | None, typer.Option(parser=read_dollars, metavar="DOLLARS", help="US dollars that may be spent in all.")
]
MaxCalls = Annotated[int | None, typer.Option(min=0, help="Calls of models that may be made in all.")]
MaxTime = Annotated[
    float | None, typer.Option(parser=read_seconds, metavar="TIME", help="Time of play in all: 90, 90s, 15m or 2h.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say every decision.")]
Events = Annotated[bool, typer.Option("--json", help="Write events to standard output as JSON Lines.")]
