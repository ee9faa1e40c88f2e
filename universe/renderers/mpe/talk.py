"""Words for the games of words: simple_crypto, simple_reference and simple_speaker_listener."""

from universe.renderers.mpe.layout import Scene, Thing, others, read_crypto, read_reference, read_speaker
from universe.renderers.mpe.measure import Aim, aim, join_facts, move_facts, nearest
from universe.renderers.mpe.particle import MAP, ParticleRenderer, describe, describe_self, write
from universe.renderers.mpe.words import COLOURS, MOVES, bearing, nearness, quarter, size
from universe.view import Facts, View

_CARRY = 0.2  # how far a push of 0.5 carries in all
_SYMBOLS = 4
_REFERENCE_WORDS = 10


class CryptoRenderer(ParticleRenderer):
    """A secret bit, a key, and a listener who has no key."""

    fields = ("say",)

    def brief(self, view: View) -> str:
        """Returns the seat's part, its pay and what the others know."""
        pay = "Each turn costs alice and bob 2 when bob's guess is wrong and pays them 2 when eve's guess is wrong."
        if view.role == "alice":
            return (
                "You are alice_0. You and bob_0 share a key (0 or 1); eve_0 does not have it. You must tell bob your "
                f"message (0 or 1); both hear your word in the next turn. {pay}"
            )
        if view.role == "bob":
            return (
                "You are bob_0. You and alice_0 share a key (0 or 1); eve_0 does not have it. alice says a word each "
                "turn, which you and eve hear in the next; what you say is your guess of her message (0 or 1, the same "
                f"all episode). {pay}"
            )
        return (
            "You are eve_0. alice_0 says a word each turn, which you and bob_0 hear in the next; what you say is your "
            "guess of her message (0 or 1, the same all episode). They share a key (0 or 1) that you do not have. "
            "Each turn costs you 2 when your guess is wrong."
        )

    def text(self, view: View) -> str:
        """Returns message, key and the word heard, as far as the seat knows them."""
        scene = read_crypto(view)
        lines: list[str] = []
        if scene.message is not None:
            lines.append(f"Message: {scene.message}")
        if scene.key is not None:
            lines.append(f"Key: {scene.key}")
        if view.role != "alice":
            lines.append("alice_0 has said nothing yet" if scene.heard is None else f"alice_0 said {scene.heard}")
        return write([*lines, _last_words(view)])

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the word."""
        return (f"say {action}",)

    def situation(self, view: View) -> str:
        """Returns all that the seat knows."""
        return f"{view.role}: {', '.join(_known(read_crypto(view), view.role))}"

    def facts(self, view: View) -> Facts:
        """Returns how each word stands to the message, the key, the word heard and the seat's last word."""
        scene = read_crypto(view)
        known = _known(scene, view.role)
        last = view.moves[-1].action if view.moves else None
        found: dict[int, tuple[str, ...]] = {}
        for word in range(_SYMBOLS):
            facts = ["say", "a word that can be the message" if word < 2 else "a word that is never the message"]
            facts += _equals(word, scene)
            facts += [f"say {word}, {part}" for part in known]
            if last is not None:
                facts.append("says the last word again" if word == last else "says another word than last")
            facts.append(f"say {word}, {', '.join(known)}")
            found[word] = tuple(dict.fromkeys(facts))
        return Facts(tuple(known), found)


class ReferenceRenderer(ParticleRenderer):
    """Two partners; each knows only where the other must go."""

    fields = ("move", "say")

    def brief(self, view: View) -> str:
        """Returns who knows what, the words, and the pay with the variant's weights."""
        local = view.kwargs["local_ratio"]
        assert isinstance(local, int | float)
        mate = others(view)[0]
        own, theirs = (1 - local) / 2, (1 + local) / 2
        return (
            f"You are {view.seat}; your partner is {mate}. Each of you must reach one of three landmarks (red, green, "
            "blue), and only the partner knows which: you see the partner's goal, the partner sees yours. Each turn "
            f"you move and say a word; the partner hears it in its next turn. Each turn costs you {own:g} times "
            f"your distance to your goal and {theirs:g} times your partner's distance to its own. {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns the partner's goal, the word heard, the landmarks and the own motion."""
        scene = read_reference(view)
        mate = others(view)[0]
        heard = f"{mate} has said nothing yet" if scene.heard is None else f"{mate} said {scene.heard}"
        lines = [f"{mate} must reach: {scene.colour} landmark", heard]
        return write([*lines, *map(describe, scene.landmarks), describe_self(scene, view)])

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the direction of the push and the word."""
        return (MOVES[action % 5], f"say {action // 5}")

    def situation(self, view: View) -> str:
        """Returns the partner's goal, the word heard, and where the landmark of its number, or the nearest, lies."""
        scene = read_reference(view)
        mark = _named(scene) or nearest(scene.landmarks)
        assert mark is not None
        heard = "heard nothing" if scene.heard is None else f"heard {scene.heard}"
        near = "here" if size(mark.at) < 0.1 else quarter(mark.at)
        return f"partner must reach {scene.colour}, {heard}, {mark.colour} landmark {near}"

    def facts(self, view: View) -> Facts:
        """Returns how each move stands to the landmarks, given the word heard, and what each word goes with."""
        scene = read_reference(view)
        state, moves = _listener_facts(scene)
        last = view.moves[-1].action // 5 if view.moves else None
        words = {word: _speech_facts(word, scene.colour or "", last) for word in range(_REFERENCE_WORDS)}
        return Facts((f"goal to name {scene.colour}", *state), join_facts(moves, words))


class SpeakerListenerRenderer(ParticleRenderer):
    """A speaker that knows the goal and cannot move, and a listener that moves and cannot speak."""

    fields = ("action",)

    def brief(self, view: View) -> str:
        """Returns the seat's part and the pay."""
        pay = "Each turn pays both of you minus the square of the listener's distance to the goal: 0 is the best."
        marks = "one of three landmarks (red, green, blue)"
        if view.role == "speaker":
            return (
                f"You are {view.seat}: you know the goal, {marks}, but cannot move and see nothing else. listener_0 "
                f"moves and does not know the goal; it hears your word in its next turn. {pay}"
            )
        return (
            f"You are {view.seat}: you move. The goal is {marks}; only speaker_0 knows which, and says a word each "
            f"turn, which you hear in the next. {pay} {MAP}"
        )

    def text(self, view: View) -> str:
        """Returns the speaker's goal and last words, or the listener's landmarks, word heard and motion."""
        scene = read_speaker(view)
        if view.role == "speaker":
            return write([f"Goal: {scene.colour} landmark", _last_words(view)])
        heard = "speaker_0 has said nothing yet" if scene.heard is None else f"speaker_0 said {scene.heard}"
        return write([heard, *map(describe, scene.landmarks), describe_self(scene, view)])

    def name(self, action: int, view: View) -> tuple[str, ...]:
        """Returns the speaker's word or the listener's direction."""
        return (f"say {action}",) if view.role == "speaker" else (MOVES[action],)

    def situation(self, view: View) -> str:
        """Returns the speaker's goal, or the listener's word and where the landmark of its number lies."""
        scene = read_speaker(view)
        if view.role == "speaker":
            last = f"last said {view.moves[-1].action}" if view.moves else "nothing said yet"
            return f"speaker: goal {scene.colour}, {last}"
        mark = _named(scene) or nearest(scene.landmarks)
        assert mark is not None
        heard = "heard nothing" if scene.heard is None else f"heard {scene.heard}"
        which = f"{mark.colour}" if scene.heard is not None else "nearest"
        return f"listener: {heard}, {which} landmark {bearing(mark.at)}"

    def facts(self, view: View) -> Facts:
        """Returns what each word goes with, or how each move stands to the landmarks, given the word heard."""
        scene = read_speaker(view)
        if view.role == "listener":
            return Facts(*_listener_facts(scene))
        last = view.moves[-1].action if view.moves else None
        words = {word: _speech_facts(word, scene.colour or "", last) for word in range(3)}
        return Facts((f"goal to name {scene.colour}",), words)


def _known(scene: Scene, role: str) -> list[str]:
    known: list[str] = []
    if scene.message is not None:
        known.append(f"message {scene.message}")
    if scene.key is not None:
        known.append(f"key {scene.key}")
    if role != "alice":
        known.append("heard nothing" if scene.heard is None else f"heard {scene.heard}")
    return known


def _last_words(view: View) -> str:
    said = ", ".join(str(move.action) for move in view.moves[-6:])
    return f"Your last words, oldest first: {said}" if said else "You have said nothing yet"


def _equals(word: int, scene: Scene) -> list[str]:
    parts = (("the message", scene.message), ("the key", scene.key), ("the word heard", scene.heard))
    return [f"{'says' if word == value else 'does not say'} {name}" for name, value in parts if value is not None]


def _named(scene: Scene) -> Thing | None:
    """Returns the landmark whose number was heard, if there is one."""
    if scene.heard is None or scene.heard >= len(scene.landmarks):
        return None
    return scene.landmarks[scene.heard]


def _listener_facts(scene: Scene) -> tuple[tuple[str, ...], dict[int, tuple[str, ...]]]:
    """Returns facts of state and moves: the landmark whose number was heard, then each landmark with the word."""
    heard = "heard nothing" if scene.heard is None else f"heard {scene.heard}"
    named, near = _named(scene), nearest(scene.landmarks)
    assert near is not None
    aims: list[Aim] = []
    if named is not None:
        aims.append(aim("the landmark of the number heard", named, scene.velocity))
    aims += [Aim(f"the {mark.colour} landmark", mark.at, given=f"{heard}: ") for mark in scene.landmarks]
    aims.append(Aim("the nearest landmark", near.at))
    state = [heard, f"nearest landmark {nearness(size(near.at))}"]
    if named is not None:
        state.append(f"landmark of the number heard {nearness(size(named.at))}")
    return tuple(state), move_facts(aims, carry=_CARRY)


def _speech_facts(word: int, colour: str, last: int | None) -> tuple[str, ...]:
    facts = ["say", "says the number of the goal" if word == COLOURS.index(colour) else "says another number"]
    if last is not None:
        facts.append("says the last word again" if word == last else "says another word than last")
    return (*facts, f"say {word}", f"say {word} for {colour}")
