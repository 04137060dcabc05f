"""The words and forms of sentences: who says what of whom, when, and in which style.

Targets are invented and stand for no group of people.
"""

from __future__ import annotations

TOPICS = {
    "food": ("soup", "bread", "cheese", "pies", "noodles", "jam", "tea", "salads"),
    "music": ("songs", "drums", "choirs", "flutes", "dances", "waltzes", "lullabies", "fiddles"),
    "sport": ("rowing", "chess", "sprints", "archery", "fencing", "relays", "judo", "climbing"),
    "gardens": ("roses", "hedges", "orchards", "ponds", "lawns", "herbs", "greenhouses", "beehives"),
    "crafts": ("pottery", "carpets", "baskets", "lanterns", "quilts", "clocks", "kites", "violins"),
    "travel": ("maps", "ferries", "inns", "trains", "bridges", "harbours", "trams", "lighthouses"),
}
TARGETS = ("Talvash", "Morrowin", "Ubrenn", "Kesseli", "Dorvane", "Yntari")
POLARITIES = ("negative", "neutral", "positive")
# base, third person, past, participle; by polarity and intensity, three that mean about the same. Neutral verbs have no intensity.
VERBS = {
    (0, 1): (
        "doubt doubts doubted doubted",
        "question questions questioned questioned",
        "criticise criticises criticised criticised",
    ),
    (0, 2): ("dislike dislikes disliked disliked", "blame blames blamed blamed", "resent resents resented resented"),
    (0, 3): ("despise despises despised despised", "loathe loathes loathed loathed", "detest detests detested detested"),
    (1, 1): ("know knows knew known", "mention mentions mentioned mentioned", "remember remembers remembered remembered"),
    (2, 1): ("like likes liked liked", "appreciate appreciates appreciated appreciated", "enjoy enjoys enjoyed enjoyed"),
    (2, 2): ("admire admires admired admired", "praise praises praised praised", "respect respects respected respected"),
    (2, 3): ("adore adores adored adored", "love loves loved loved", "worship worships worshipped worshipped"),
}
FIRST_NEUTRAL = 3  # place of (1, 1) in the order of VERBS
SUBJECTS = (("I", "you", "she"), ("we", "you all", "they"))  # by number and person
AGENTS = (("me", "you", "her"), ("us", "you all", "them"))
OPENINGS = ("", "on the whole,", "these days,", "to be honest,")
REASONS = ("for their {noun}", "because of their {noun}", "when it comes to {noun}")
TENSES, VOICES, NUMBERS, PERSONS = (
    ("past", "present", "future"),
    ("active", "passive"),
    ("singular", "plural"),
    ("first", "second", "third"),
)
BE = ("were", "are", "will be")  # of the target, which is plural
PLATFORMS = ("report", "post", "chat", "letter")
FILLERS = ("lol", "haha", "hmm")
GREETING, FAREWELL = "Dear editor,", ". Yours, a reader."


def verb(forms: str, tense: int, voice: int, number: int, person: int) -> str:
    """The verb, with its auxiliary, of an active subject or of a passive target.

    >>> verb("admire admires admired admired", 1, 0, 0, 2), verb("know knows knew known", 0, 1, 0, 0)
    ('admires', 'were known')
    """
    base, third, past, participle = forms.split()
    if voice == 1:
        return f"{BE[tense]} {participle}"
    if tense == 2:
        return f"will {base}"
    return past if tense == 0 else third if (number, person) == (0, 2) else base
