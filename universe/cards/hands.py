"""Cards of the classic games with hidden hands: Hanabi and poker."""

from universe.card import Baseline, EnvCard, Kwarg

_REQUIRES = "pettingzoo[classic]"

_PLAYERS = Kwarg(name="num_players", default=2, meaning="Players at the table.", minimum=2, maximum=10)

LEDUC = EnvCard(
    env_id="classic/leduc_holdem_v4",
    title="Leduc hold'em",
    summary="The smallest poker: six cards, one in hand, one public card, two betting rounds.",
    rules=(
        "The deck has six cards: jack, queen and king of spades and of hearts. Each of two players gets one card that "
        "only they see. A seat drawn by chance posts the small blind (1 chip), the other the big blind (2); the small "
        "blind acts first. After the first betting round one public card is turned up and the second round begins. In "
        "turn a player may call (match the highest bet), raise (match it and add 2 chips, 4 in the second round), "
        "check (when there is nothing to match) or fold (give up the hand, allowed at any time). A round has at most "
        "two raises and ends when a raise has been called or both have checked or called. Whoever folds loses the pot "
        "to the other. After the second round the cards are shown: a card of the same rank as the public card wins; "
        "otherwise the higher rank wins (king over queen over jack); equal ranks share the pot."
    ),
    seats=("player_0", "player_1"),
    min_seats=2,
    max_seats=2,
    simultaneous=False,
    horizon="One hand of two betting rounds: at most 8 moves.",
    typical_turns=1,
    reward="Half of the chips won or lost in the hand (a unit is a big blind of 2 chips), at its end.",
    hidden="The rival's card and the deck.",
    trains=("bluffing", "risk", "prediction"),
    results="sign",
    baseline={"player": Baseline(mean=0.0, sd=1.79, episodes=1000)},
    module="pettingzoo.classic.rlcard_envs.leduc_holdem",
    renderer="universe.renderers.poker:LeducRenderer",
    requires=_REQUIRES,
)

_HOLDEM = (
    "A full deck of 52 cards. Each player gets two cards that only they see. A seat drawn by chance posts the small "
    "blind (1 chip) and the next one the big blind (2); the seat after the big blind acts first, which with two "
    "players is the small blind. There are four betting rounds: before the flop, after three public cards (flop), "
    "after a fourth (turn) and after a fifth (river)."
)
_SHOWDOWN = (
    "When all but one have folded, the last one wins the pot. After the fourth round the best five of the own two and "
    "five public cards win: straight flush, four of a kind, full house, flush, straight (the ace also counts below "
    "the two), three of a kind, two pairs, pair, high card; equal hands share the pot, and a chip that cannot be "
    "shared goes to one of them by chance."
)

LIMIT = EnvCard(
    env_id="classic/texas_holdem_v4",
    title="Limit Texas hold'em",
    summary="Hold'em with raises of a fixed size.",
    rules=(
        f"{_HOLDEM} In turn a player may call (match the highest bet), raise (match it and add 2 chips in the first "
        "two rounds, 4 in the last two), check (when there is nothing to match) or fold (allowed at any time). A round "
        "has at most four raises; nobody runs out of chips. A round ends when as many calls and checks as there are "
        "seats have followed one another, the last raise counted as the first of them. Seats that have folded are not "
        "left out of that number, so after a fold somebody is asked again in the same round. The seat after the last "
        f"one to act opens the next round. {_SHOWDOWN}"
    ),
    seats=("player_0", "player_1"),
    min_seats=2,
    max_seats=10,
    simultaneous=False,
    horizon="One hand of four betting rounds; at random about 2 moves of two players, 13 of six.",
    typical_turns=1,
    kwargs=(_PLAYERS,),
    reward="Half of the chips won or lost in the hand (a unit is a big blind of 2 chips), at its end.",
    hidden="The other players' cards and the deck.",
    trains=("bluffing", "risk", "prediction"),
    results="sign",
    baseline={"player": Baseline(mean=0.0, sd=2.2, episodes=1000)},
    module="pettingzoo.classic.rlcard_envs.texas_holdem",
    renderer="universe.renderers.poker:LimitRenderer",
    requires=_REQUIRES,
)

NO_LIMIT = EnvCard(
    env_id="classic/texas_holdem_no_limit_v6",
    title="No-limit Texas hold'em",
    summary="Hold'em with raises up to everything that a player has.",
    rules=(
        f"{_HOLDEM} Each player has 100 chips for the hand. In turn a player may fold (at any time), check (when there "
        "is nothing to match), call (match the highest bet), raise half the pot (put in as many chips as half of the "
        "pot holds, rounded down), raise the pot (put in as many chips as the pot holds) or go all in (put in every "
        "chip left). What a raise puts in includes the call; half the pot can only be raised where that is more than a "
        "call; a raise that a player cannot pay is not offered, and neither is any raise when a call takes all that is "
        "left. There is no limit to the number of raises. A round ends when everybody who has neither folded nor gone "
        "all in has checked, or has called the last raise. The later rounds are opened by the small blind or the next "
        f"seat still in play. When nobody is left to bet, the missing public cards are dealt at once. {_SHOWDOWN}"
    ),
    seats=("player_0", "player_1"),
    min_seats=2,
    max_seats=10,
    simultaneous=False,
    horizon="One hand of four betting rounds; at random about 2 moves of two players, 7 of six.",
    typical_turns=1,
    kwargs=(_PLAYERS,),
    reward="The chips won or lost in the hand, at its end.",
    hidden="The other players' cards and the deck.",
    trains=("bluffing", "risk", "prediction"),
    results="sign",
    baseline={"player": Baseline(mean=0.0, sd=51.3, episodes=1000)},
    module="pettingzoo.classic.rlcard_envs.texas_holdem_no_limit",
    renderer="universe.renderers.poker:NoLimitRenderer",
    requires=_REQUIRES,
)

HANABI = EnvCard(
    env_id="classic/hanabi_v5",
    title="Hanabi",
    summary="Everybody sees the others' cards but not their own; together they build a firework of each colour.",
    rules=(
        "A game for a team. Every card has a colour and a rank. Of each colour the deck has three 1s, one card of the "
        "highest rank, and two of every rank between. Players hold their cards so that only the others see them. In "
        "turn a player plays a card, discards a card, or tells another player something. Telling costs a hint token "
        "and points out all cards of one colour or of one rank in that hand (at least one card must be of it), which "
        "also says that the others are not. A played card that continues the firework of its colour (1 first, then one "
        "higher each time) is added to it; completing a firework gives back a hint token. Any other played card is "
        "discarded and costs a life. Discarding gives back a hint token and is not allowed while all tokens are there. "
        "After playing or discarding a player draws a card, which becomes the last one of the hand while the others "
        "move up. The game ends when the lives are gone, when all fireworks are complete, or when after the last card "
        "of the deck was drawn everybody has had one more turn. It is also cut off, with the score as it is, once more "
        "moves and draws were made than the engine counts (the first deal included; turns tell when this is near): for "
        "two players who seldom play that is after about 74 moves, with some cards still in the deck. The score is the "
        "number of cards in the fireworks, but 0 when the lives are gone."
    ),
    seats=("player_0", "player_1"),
    min_seats=2,
    max_seats=5,
    simultaneous=False,
    horizon="Until the lives or the deck run out: about 10 moves at random, 60 to 75 with care.",
    typical_turns=6,
    kwargs=(
        Kwarg(name="colors", default=5, meaning="Colours; no fewer than players.", minimum=2, maximum=5),
        Kwarg(name="ranks", default=5, meaning="Ranks.", minimum=3, maximum=5),
        Kwarg(name="players", default=2, meaning="Players; no more than colours.", minimum=2, maximum=5),
        Kwarg(name="hand_size", default=5, meaning="Cards in a hand (usual: 4 from 4 players).", minimum=2, maximum=5),
        Kwarg(name="max_information_tokens", default=8, meaning="Hint tokens.", minimum=0, maximum=20),
        Kwarg(name="max_life_tokens", default=3, meaning="Lives.", minimum=1, maximum=20),
        Kwarg(
            name="observation_type",
            default="card_knowledge",
            meaning="minimal: hints are not noted on the cards; seer: everybody sees all hands, nothing is hidden.",
            choices=("minimal", "card_knowledge", "seer"),
        ),
    ),
    reward="To everybody: +1 for a card added to a firework; all of it is taken back when the lives are gone.",
    hidden="The own hand and the deck.",
    trains=("cooperation", "communication", "memory", "planning"),
    teams={"player": "team"},
    baseline={"player": Baseline(mean=0.0, sd=0.0, episodes=1000)},
    module="pettingzoo.classic.hanabi.hanabi",
    renderer="universe.renderers.hanabi:HanabiRenderer",
    requires=_REQUIRES,
)

HANDS: tuple[EnvCard, ...] = (HANABI, LEDUC, LIMIT, NO_LIMIT)
