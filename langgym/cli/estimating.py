"""`langgym play --dry-run`: what a run would take, with nothing stored and nobody asked."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from agents_db.knowledge import EnvStats
from agents_db.records import AgentRecord, Json
from agents_db.store import AgentsDB
from langgym.budget import find_price
from langgym.choosing import make_offers
from langgym.cli.budgeting import find_settings, list_others, make_payer
from langgym.cli.output import emit_json, emit_table, say
from langgym.cli.reading import open_reader
from langgym.config import Settings
from langgym.estimate import Forecast, Seated, Share, Table, asks_model, find_cap, forecast_choice, forecast_run
from langgym.hosting import stored_settings
from langgym.limits import FLAGS, Limits
from langgym.prices import PriceTable, load_prices
from langgym.query.estimates import Amount, EstimateItem, EstimatePage
from langgym.query.spending import LimitValues, read_agent_spending
from langgym.views.cost import format_cost
from universe.card import EnvCard
from universe.catalog import default_catalog
from universe.kwargs import read_kwargs
from universe.streams import Stream

if TYPE_CHECKING:
    from langgym.cli.playing import Request

MEASURED_MEMORIES = 50
"""Of an agent's memories, those whose length is measured."""


def print_estimate(request: "Request", *, as_json: bool) -> None:
    """Prints what the runs that were asked for would take."""
    page = estimate_request(request)
    request.check_budget()
    if as_json:
        return emit_json(page)
    emit_table(
        ("agent", "environment", "decisions", "calls", "read", "written", "cost", "at most", "time"),
        [_list_cells(item) for item in page.items],
    )
    for line in _tell_notes(page.items, request):
        say(line)
    return None


def estimate_request(request: "Request") -> EstimatePage:
    """Returns what the runs that were asked for would take."""
    prices = load_prices(request.home)
    items: list[EstimateItem] = []
    with open_reader(request.home) as db:
        for name in request.agents:
            record = db.find_agent(name) if db is not None else None
            items += _Estimating(request, db, prices, name=name, record=record).list_items()
    return EstimatePage(items=tuple(items))


class _Estimating:
    """The estimates of one agent's run, by environment."""

    def __init__(
        self, request: "Request", db: AgentsDB | None, prices: PriceTable, *, name: str, record: AgentRecord | None
    ) -> None:
        self._request = request
        self._db = db
        self._prices = prices
        self._name = name
        self._record = record
        self._settings = find_settings(request.home, record, request.flags)
        others = list_others(db, self._settings)
        self._table = Table(
            agent=self._seat(name, self._settings, record),
            others={
                who: seated
                for who, other in others.items()
                if (seated := self._seat(other.name, stored_settings(request.home, other), other)) is not None
            },
            settings=self._settings,
            seat=request.seat,
            episodes=request.episodes,
        )
        found = db.env_stats(record.agent_id) if db is not None and record is not None else []
        self._stats: Mapping[str, EnvStats] = {stats.env_id: stats for stats in found}
        self._own_left = self._find_left(db, record)

    def list_items(self) -> list[EstimateItem]:
        """Returns an estimate for the environment that was asked for, or for each that could be chosen."""
        request = self._request
        if request.env is not None:
            card = default_catalog().find(request.env)
            return [self._describe(card, forecast_run(card, read_kwargs(card, request.kwargs), self._table))]
        cards = [card for card in default_catalog() if card.playable]
        cards = sorted(
            (card for card in cards if request.seat is None or request.seat in card.seats),
            key=lambda card: card.env_id,
        )
        choice = forecast_choice(cards, self._stats, self._table)
        return [self._describe(card, forecast_run(card, {}, self._table, choice=choice)) for card in cards]

    def _describe(self, card: EnvCard, forecast: Forecast) -> EstimateItem:
        expected = _add_up(forecast.expected)
        most = None if forecast.most is None else _add_up(forecast.most)
        seconds = self._find_seconds(card)
        reached = self._find_reached(expected, _find_own(forecast.expected, self._name), seconds)
        at_most = None if most is None else self._find_reached(most, _find_own(forecast.most, self._name), seconds)
        return EstimateItem(
            agent=self._name,
            model=self._settings.model,
            env_id=card.env_id,
            episodes=self._request.episodes,
            decisions=forecast.decisions,
            expected=expected,
            most=most,
            unpriced=self._list_unpriced(forecast),
            seconds=seconds,
            reached=reached,
            reachable=() if at_most is None else tuple(flag for flag in at_most if flag not in reached),
        )

    def _find_seconds(self, card: EnvCard) -> float | None:
        if not self._stats:
            return None
        stats = self._stats.get(card.env_id)
        [offer] = make_offers([card], self._stats, recent={}, stream=Stream.of(0), max_turns=find_cap(self._table))
        return self._request.episodes * (offer.seconds if stats is None else stats.mean_seconds)

    def _list_unpriced(self, forecast: Forecast) -> tuple[str, ...]:
        table = self._table
        asked = {who.name: who for who in (table.agent, *table.others.values()) if who is not None}
        return tuple(sorted({asked[name].settings.model for name in forecast.expected if asked[name].price is None}))

    def _find_reached(self, total: Amount, own: Amount, seconds: float | None) -> tuple[str, ...]:
        """Returns the limits that would be reached, of the run and of the agent's whole life."""
        limits = self._request.limits
        run = _compare(limits.describe(), total, seconds)
        life = _compare(self._own_left.model_dump(exclude_none=True), own, seconds)
        return (*(f"{flag} of the run" for flag in run), *(f"{flag} of {self._name}" for flag in life))

    def _find_left(self, db: AgentsDB | None, record: AgentRecord | None) -> LimitValues:
        if db is None or record is None or Limits.read(record.limits).is_empty:
            return LimitValues()
        return read_agent_spending(db, self._prices, record).left

    def _seat(self, name: str, settings: Settings, record: AgentRecord | None) -> Seated | None:
        if not asks_model(settings):
            return None
        known = self._db.memories(record.agent_id, limit=MEASURED_MEMORIES) if self._db and record else []
        return Seated(
            name=name,
            settings=settings,
            price=find_price(self._prices, make_payer(name, settings, record)),
            n_memories=record.n_memories if record else 0,
            memories=[memory.text for memory in known],
        )


def _compare(limits: Mapping[str, Json], amount: Amount, seconds: float | None) -> list[str]:
    values = {
        "calls": amount.calls,
        "tokens": amount.tokens_in + amount.tokens_out,
        "cost": amount.cost,
        "seconds": seconds,
    }
    reached: list[str] = []
    for name, flag in FLAGS.items():
        limit, value = limits.get(name), values[name]
        if isinstance(limit, int | float) and value is not None and value > limit:
            reached.append(flag)
    return reached


def _find_own(shares: Mapping[str, Share] | None, name: str) -> Amount:
    own = (shares or {}).get(name)
    return _add_up({name: own} if own else {})


def _add_up(shares: Mapping[str, Share]) -> Amount:
    costs = [share.cost for share in shares.values()]
    known = [cost for cost in costs if cost is not None]
    return Amount(
        calls=sum(share.calls for share in shares.values()),
        tokens_in=sum(share.tokens_in for share in shares.values()),
        tokens_out=sum(share.tokens_out for share in shares.values()),
        cost=float(sum(known, Decimal(0))) if len(known) == len(costs) else None,
    )


def _list_cells(item: EstimateItem) -> tuple[str | int, ...]:
    expected, most = item.expected, item.most
    bound = "no limit of turns"
    if most is not None:
        bound = f"{most.calls:,} calls, {most.tokens_in + most.tokens_out:,} tokens, {format_cost(most.cost, 0)}"
    return (
        item.agent,
        item.env_id,
        item.decisions,
        expected.calls,
        expected.tokens_in,
        expected.tokens_out,
        format_cost(expected.cost, 0),
        bound,
        "unknown" if item.seconds is None else f"{item.seconds:.0f} s",
    )


def _tell_notes(items: Sequence[EstimateItem], request: "Request") -> list[str]:
    lines: list[str] = []
    if request.env is None:
        lines.append("the agent would choose; each line is for a run whose every episode is of that environment")
    lines += _tell_reached("would", [(flag, item) for item in items for flag in item.reached])
    lines += _tell_reached("at most could", [(flag, item) for item in items for flag in item.reachable])
    prices = load_prices(request.home)
    unpriced = sorted({model for item in items for model in item.unpriced})
    lines += [f"{model} has no price: {prices.explain(model)}" for model in unpriced]
    return [*lines, "nothing was stored and no model was called"]


def _tell_reached(verb: str, pairs: Sequence[tuple[str, EstimateItem]]) -> list[str]:
    flags = dict.fromkeys(flag for flag, _ in pairs)
    return [
        f"{verb} reach {flag}: {', '.join(item.env_id for found, item in pairs if found == flag)}" for flag in flags
    ]
