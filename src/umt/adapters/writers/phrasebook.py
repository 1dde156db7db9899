"""The phrases of the offline writer, in English: ten angles, six voices, six intents.

Names between braces are filled with what is known. A phrase that names something unknown is not used, so every
place has a phrase that needs none but ``brand`` and ``topic``, which are always known. No phrase claims a fact.
"""

from __future__ import annotations

from typing import NamedTuple

from umt.domain.template import Format


class Angle(NamedTuple):
    """One way to make a point. ``short`` fits an ad's headline, ``ad`` its body; ``why`` completes "X-led: "."""

    name: str
    why: str
    headlines: tuple[str, ...]
    short: tuple[str, ...]
    hook: tuple[str, ...]
    lead_in: str
    points: tuple[str, ...]
    ad: tuple[str, ...]


class Register(NamedTuple):
    """How a tone of voice opens, greets, closes and signs. ``signs`` are beginnings of words in its description."""

    signs: tuple[str, ...]
    openings: tuple[str, ...]
    greeting: str
    closings: tuple[str, ...]
    farewell: str


class Intent(NamedTuple):
    """What a goal is after, told by beginnings of words in it; which angle serves it, and what to ask for."""

    name: str
    signs: tuple[str, ...]
    angle: str
    calls: tuple[str, ...]


ANGLES = (
    Angle(
        "Benefit",
        "say first what {audience} gain",
        ("What {topic} can do for {audience}", "Get more out of {topic}", "{title}: what you gain"),
        ("More from {topic}", "{topic}, done right", "More of what counts"),
        (
            "A good reason to look into {topic} is what you get back: less effort, fewer surprises and a result "
            "that lasts.",
        ),
        "What you gain:",
        (
            "Time: a decision about {topic} takes minutes once you know what counts.",
            "Confidence: you can say why you chose what you chose.",
            "Value: you pay for what you use and for nothing else.",
        ),
        ("Less effort, fewer surprises: {topic} by {brand}.", "Less effort, fewer surprises."),
    ),
    Angle(
        "Question",
        "answer what {audience} ask before they decide",
        (
            "Are you getting the most out of {topic}?",
            "What should {audience} ask about {topic}?",
            "{title}: which questions come first?",
        ),
        ("{topic}: right for you?", "Why {topic}?", "The right choice for you?"),
        (
            "Before you settle on {topic}, a plain question helps: what should be better afterwards?",
            "What should {topic} change for you? The answer makes every other choice easier.",
        ),
        "Questions worth asking:",
        (
            "Which problem should {topic} solve for you?",
            "Who will use the result, and how often?",
            "How will you notice that it works?",
        ),
        ("What should {topic} change for you? {brand} has answers.", "What should be better? Ask {brand}."),
    ),
    Angle(
        "How-to",
        "show {audience} the way step by step",
        ("How to get {topic} right", "How to choose {topic}: a short guide", "{title}: step by step"),
        ("How to choose {topic}", "{topic} made simple", "A short guide"),
        ("Getting {topic} right is less about luck than about order: decide what you need, compare, try, commit.",),
        "Step by step:",
        (
            "Write down what you need from {topic} in one sentence.",
            "Compare two or three options against that sentence.",
            "Try the most promising one in a real situation.",
            "Decide, and look again after a month.",
        ),
        ("Decide, compare, try: {topic} in plain steps.", "Decide, compare, try. {brand} shows how."),
    ),
    Angle(
        "Proof",
        "let {audience} check every promise themselves",
        ("{topic}: judge by what you can check", "What to check before you trust a promise about {topic}"),
        ("{topic} you can check", "See for yourself"),
        ("Promises about {topic} are easy to make. What counts is what you can check for yourself.",),
        "What you can check:",
        (
            "Ask what a claim about {topic} rests on.",
            "Look for details that can be measured or tried.",
            "Prefer a maker who also says what does not work.",
        ),
        ("Promises are easy. Check {topic} by {brand} for yourself.", "Promises are easy. Check for yourself."),
    ),
    Angle(
        "Story",
        "show {audience} an ordinary day that goes well",
        ("A better day with {topic}", "An ordinary day, made easier by {topic}", "{title}: a better day"),
        ("A better day starts here", "Better days: {topic}"),
        (
            "Picture an ordinary day with nothing to look up and nothing to put right, and with time left for what "
            "matters. That is what {topic} can be about.",
        ),
        "Where the difference shows:",
        (
            "In the morning, when there is one thing less to decide.",
            "At noon, when everything must work at once.",
            "In the evening, when nothing is left to put right.",
        ),
        ("Picture a day that simply works, with {topic} by {brand}.", "Picture a day that simply works."),
    ),
    Angle(
        "Contrast",
        "take another way than the usual one",
        ("{topic} without the usual compromise", "Beyond {strength}: another look at {topic}"),
        ("{topic}, minus the fuss", "Without the usual fuss"),
        (
            "Many names in {industry} talk about {strength}. That matters, but it is not the whole story of {topic}.",
            "Most offers around {topic} sound alike. The difference lies in what they leave out.",
        ),
        "Two ways to look at it:",
        (
            "The usual way: start from the offer and make your needs fit.",
            "The better way: start from your needs and choose {topic} to match.",
            "The test: would you decide the same way again next year?",
        ),
        ("Most offers sound alike. Look again at {topic} by {brand}.", "Most offers sound alike. Not this one."),
    ),
    Angle(
        "Checklist",
        "give {audience} a list to work through",
        ("{topic}: a checklist for {audience}", "The short checklist for {topic}", "{title}: the checklist"),
        ("{topic}: the checklist", "The short checklist"),
        ("When there is a lot to think of, a short list is worth more than a long speech. Here is one for {topic}.",),
        "The list:",
        (
            "The need is clear and written down.",
            "The budget for {topic} is set, with something in reserve.",
            "Someone has tried it under real conditions.",
            "The next step has a date.",
        ),
        ("A short list beats a long speech: check {topic} in minutes.", "A short list beats a long speech."),
    ),
    Angle(
        "Mistake",
        "spare {audience} the detours of others",
        ("Common mistakes with {topic}, and how to avoid them", "{topic}: what to leave out"),
        ("Avoid the usual mistakes", "{topic}: what to skip"),
        ("Most disappointments with {topic} go back to a few mistakes, and each of them is easy to avoid.",),
        "Mistakes to leave to others:",
        (
            "Starting without a clear aim.",
            "Comparing prices before comparing what they buy.",
            "Leaving {topic} until there is no time to choose.",
        ),
        ("A few mistakes spoil {topic}. {brand} helps you avoid them.", "Leave the usual mistakes to others."),
    ),
    Angle(
        "Audience",
        "speak to {audience} alone",
        ("{topic} for {audience}", "Made for {audience}: {topic}", "{topic} to fit your day"),
        ("For {audience}", "{topic} for you", "Made for you"),
        (
            "Not everybody asks the same of {topic}. This is written with {audience} in mind.",
            "Not everybody asks the same of {topic}. This is written with your day in mind.",
        ),
        "What it comes down to:",
        (
            "It leaves room for {interest}.",
            "It fits the way you live already.",
            "It asks for attention only when it needs it.",
            "It is explained in words you use yourself.",
        ),
        ("For {audience}: {topic} to fit your day.", "It fits your day. Made for you by {brand}."),
    ),
    Angle(
        "Myth",
        "look again at what everybody repeats",
        ("Three beliefs about {topic} worth a second look", "{topic}: what everybody says, and what holds"),
        ("{topic}: myth or fact?", "Worth a second look"),
        ("Some beliefs about {topic} are repeated so often that nobody asks any more. They deserve a second look.",),
        "Three of them:",
        (
            "“It is complicated.” It is, until the first step is clear.",
            "“All offers are the same.” They are, until you ask what they leave out.",
            "“It can wait.” It can, but the choice gets smaller.",
        ),
        ("Everybody repeats it. Take a second look at {topic}.", "Everybody says so. Does it hold?"),
    ),
)

NEUTRAL = Register(
    (),
    ("Here is what is worth knowing.", "A few words that may be of use."),
    "Hello,",
    ("That is all it takes to begin.", "The rest follows from the first step."),
    "Kind regards,",
)
REGISTERS = (
    Register(
        ("friend", "warm", "casual", "approach", "human", "caring", "welcom"),
        ("Good to have you here.", "Make yourself comfortable; this takes two minutes."),
        "Hi there,",
        ("Ask us anything; we like questions.", "We are glad to help you along."),
        "Warm regards,",
    ),
    Register(
        ("play", "fun", "witty", "cheek", "humo", "quirky"),
        ("Ready? Here comes the good part.", "Let us have some fun with this."),
        "Hey there,",
        ("Go on, surprise yourself.", "You have read this far. The rest is the fun part."),
        "See you soon,",
    ),
    Register(
        ("bold", "confident", "energ", "dynamic", "direct", "provoc", "brave"),
        ("No detours.", "Straight to the point."),
        "Hello,",
        ("Decide once. Decide well.", "Now it is your move."),
        "Onwards,",
    ),
    Register(
        ("elegan", "luxur", "premium", "refin", "sophist", "exclusive"),
        ("Some things deserve unhurried attention.", "A moment of calm for a choice that stays."),
        "Dear reader,",
        ("Take your time; quality keeps.", "What is chosen with care stays."),
        "With kind regards,",
    ),
    Register(
        ("profess", "formal", "serious", "author", "expert", "techn", "corporate", "trust"),
        ("Here is what matters, in brief.", "A good decision has good grounds."),
        "Dear reader,",
        ("We would be pleased to advise you.", "A clear basis makes for a sound decision."),
        "Kind regards,",
    ),
)

AWARENESS = Intent("awareness", ("aware", "known", "brand", "reach", "launch"), "Story", ("Discover {brand}.",))
INTENTS = (
    Intent("sign-ups", ("sign", "subscri", "lead", "newsletter", "regist", "trial", "demo"), "Checklist",
           ("Sign up with {brand} today.",)),
    Intent("loyalty", ("loyal", "retain", "retention", "repeat", "churn", "existing"), "Audience",
           ("See what is new at {brand}.",)),
    Intent("attendance", ("event", "webinar", "attend", "visit", "booking"), "Benefit",
           ("Save your place with {brand}.",)),
    Intent("sales", ("sell", "sale", "revenue", "buy", "purchas", "order", "conver", "shop"), "Benefit",
           ("Find your {topic} at {brand}.", "Choose yours at {brand}.")),
    Intent("traffic", ("traffic", "click", "read", "engage"), "Question", ("Read more at {brand}.",)),
    AWARENESS,
)  # fmt: skip

TITLES = (
    ("?", "Question"),
    ("how to", "How-to"),
    ("checklist", "Checklist"),
    ("mistake", "Mistake"),
    ("myth", "Myth"),
    ("made for", "Audience"),
)
"""What in an earlier title shows which angle it took."""

OUTLINES = {
    Format.BLOG_POST: (
        "Why it pays to think about {topic}",
        "What to look for",
        "How {brand} goes about it",
        "Your next step",
    ),
    Format.SOCIAL_POST: ("One thought on {topic}", "What {brand} stands for", "Call to action and hashtags"),
    Format.EMAIL: ("Greeting and one thought on {topic}", "Points to take away", "{brand}", "Call to action"),
    Format.AD_COPY: ("One promise about {topic}", "What {brand} stands for", "Call to action"),
}
NEED = (
    "Few people look for {topic} for its own sake. They want something to become easier, better or more certain, "
    "and that wish is a good guide through everything on offer.",
    "It pays to begin with the need and not with the offer. Whoever knows what {topic} should achieve compares "
    "faster and regrets less.",
)
APPROACH = (
    "{brand} starts where the question starts: with what you want to achieve.",
    "At {brand}, the need comes first and the offer second.",
)
WORDS = ("What {brand} stands for: {words}.",)
NEXT = (
    "Start small: take the point above that matters most to you and look at {topic} with it in mind.",
    "One step is enough for today. Choose the point above that speaks to you, and act on it.",
)
WEIGH = (
    "None of this takes long, and it saves the second purchase that a hasty first one leads to. If two options "
    "seem equal, take the one that is easier to explain to somebody else.",
    "You need not get everything right at once. Settle the point that would annoy you most if it went wrong, and "
    "let the others follow from it.",
)
ALSO = ("Closely related, and worth a look as well: {others}.",)
FURTHER = ("The same goes for {keyword}: begin with what should be better, and choose what brings you there.",)
