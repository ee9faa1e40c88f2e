"""What is played next: an agent's choice of an environment, offered, asked for and stored."""

from collections.abc import Sequence

from agents_db.records import ChoiceDraft, ChoiceRecord, RunRecord
from agents_db.standings import Standing
from agents_db.store import AgentsDB
from langgym.budget import Budget
from langgym.choosing import (
    Chosen,
    Offer,
    choose_at_random,
    choose_by_appeal,
    choose_by_model,
    make_menu,
    make_offers,
    read_offers,
)
from langgym.errors import UsageError
from langgym.narrator import Narrator
from langgym.plan import Plan
from langgym.recorder import Place, StoreLedger
from langgym.seating import Seating
from universe.card import EnvCard
from universe.streams import Stream
from universe.universe import Universe


class Selecting:
    """Chooses the environments of a run whose plan names none."""

    def __init__(
        self,
        db: AgentsDB,
        run: RunRecord,
        plan: Plan,
        *,
        universe: Universe,
        seating: Seating,
        budget: Budget,
        narrator: Narrator,
    ) -> None:
        """Prepares to choose.

        Args:
            db: The store.
            run: What is played.
            plan: Of the run.
            universe: What can be played.
            seating: Knows the agent that chooses, and the cap of its episodes.
            budget: Measures what asking costs.
            narrator: Is told what was chosen.
        """
        self._db = db
        self._run = run
        self._plan = plan
        self._universe = universe
        self._agent = seating.agent
        self._cap = seating.cap
        self._budget = budget
        self._narrator = narrator

    def begin(self, number: int, known: Standing) -> ChoiceRecord:
        """Stores what is offered for an episode, unless that is stored."""
        records = self._db.env_stats(self._agent.agent_id, without=known.hidden)
        agent_id = self._agent.agent_id
        offers = make_offers(
            self._choosable(),
            {record.env_id: record for record in records},
            recent=self._db.recent_totals(agent_id, until=known.clocks[agent_id]),
            stream=self._draws(number),
            max_turns=self._cap,
        )
        return self._db.start_choice(
            ChoiceDraft(
                run_id=self._run.run_id,
                agent_id=self._agent.agent_id,
                number=number,
                offered={"offers": [dict(offer.describe()) for offer in offers]},
            )
        )

    def choose(self, choice: ChoiceRecord) -> ChoiceRecord:
        """Returns the choice with what was chosen; one that was made already stays as it is."""
        if choice.env_id is not None:
            return choice
        offers = read_offers(choice.offered, self._choosable())  # a choice goes on with what was offered when it began
        chosen = self._ask(offers, choice, self._draws(choice.number))
        self._narrator.on_choice(self._agent.name, chosen, offers)
        return self._db.end_choice(choice.choice_id, env_id=chosen.env_id, reason=chosen.reason, source=chosen.source)

    def _draws(self, number: int) -> Stream:
        return Stream.of(self._run.seed, number, "choice")

    def _choosable(self) -> list[EnvCard]:
        """Returns the cards that can be played, in an order that does not depend on the catalogue's."""
        cards = [card for card in self._universe.cards() if self._universe.is_playable(card)]
        if self._plan.seat is not None:
            cards = [card for card in cards if self._plan.seat in card.seats]
            if not cards:
                raise UsageError(f"No environment has a seat {self._plan.seat!r}.")
        return sorted(cards, key=lambda card: card.env_id)

    def _ask(self, offers: Sequence[Offer], choice: ChoiceRecord, stream: Stream) -> Chosen:
        if self._agent.policy_name == "human":
            from langgym.policies.human import HumanPolicy

            answer = HumanPolicy.at_terminal().choose("\n".join(offer.line for offer in offers), make_menu(offers))
            return Chosen(env_id=answer, reason=None, source="human")
        curiosity = self._plan.settings.curiosity
        if self._agent.model is None:
            learns = self._agent.learns
            return choose_by_appeal(offers, stream, curiosity=curiosity) if learns else choose_at_random(offers, stream)
        return choose_by_model(
            self._agent.model,
            offers,
            agent=self._agent.name,
            ledger=StoreLedger(
                self._db,
                Place(choice_id=choice.choice_id),
                model=self._agent.policy_name,
                meter=self._budget.meter(self._agent.agent_id),
            ),
            settings=self._agent.choosing,
            stream=stream,
            curiosity=curiosity,
        )
