"""Who works at Alder & Finch, and what they said. Data; ``seed`` lets it happen.

Days are counted back from the day of the seed. All people and words are invented.
"""

from dataclasses import dataclass

from bot.people.model import Role

SEED = 20260
CIO = "ines-weber"
CHANNELS = {
    "general": "general",
    "it-help": "it-help",
    "finance": "finance",
    "it": "it",
    "production": "production",
    "sales": "sales",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """A person of the organisation."""

    full_name: str
    department: str
    role: Role | None = None
    zone: str = "Europe/Berlin"
    locale: str = "en"

    @property
    def name(self) -> str:
        """Return the name as it stands in addresses."""
        return self.full_name.lower().replace(" ", "-")


def _team(department: str, head: str, champions: str, others: str) -> list[Someone]:
    champion = Role.CHAMPION
    return [
        Someone(full_name=head, department=department, role=Role.DEPARTMENT_HEAD),
        *(
            Someone(full_name=n, department=department, role=champion)
            for n in champions.split(", ")
        ),
        *(Someone(full_name=name, department=department) for name in others.split(", ")),
    ]


PEOPLE: tuple[Someone, ...] = (
    *_team(
        "Finance",
        "Margaret Osei",
        "Tomasz Zielinski",
        "Aylin Demir, Bruno Costa, Carol Whitfield, Dmitri Volkov, Elena Rossi, Felix Brandt,"
        " Grace Mwangi",
    ),
    Someone(full_name="Hanna Fischer", department="Finance", locale="de"),
    Someone(full_name="Ines Weber", department="IT", role=Role.CIO),
    *_team(
        "IT",
        "Rajesh Iyer",
        "Sofia Lindqvist",
        "Ben Carter, Chiara Greco, Daniel Okafor, Emil Novak, Fatima Haddad, Jonas Keller",
    ),
    Someone(full_name="Mei Tanaka", department="IT", zone="Asia/Tokyo"),
    *_team(
        "Production",
        "Werner Baumann",
        "Lucia Morales, Piotr Kowalski",
        "Anna Schmidt, Carlos Mendes, Erik Johansson, Greta Hofmann, Ivan Petrov, Kemal Aydin,"
        " Olga Ivanova",
    ),
    *_team(
        "Sales",
        "Olivia Bennett",
        "Noah Williams",
        "Ava Thompson, Chen Wei, Diego Herrera, Hiroshi Sato, Isabelle Laurent, Liam Murphy,"
        " Nadia Rahman",
    ),
    Someone(full_name="Zoe Clarke", department="Sales", zone="America/New_York"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A need, so many days ago; ``withdrawn`` where it was taken back a day later."""

    days: int
    by: str
    words: str
    withdrawn: bool = False


WISHES = (
    Wish(days=88, by="anna-schmidt", words="The scanner at line 3 loses its connection twice a shift, and we type the lot numbers by hand."),
    Wish(days=86, by="carol-whitfield", words="Closing the month takes a day longer because the ledger export stops at 50,000 rows."),
    Wish(days=83, by="liam-murphy", words="On the road I cannot open price lists on my phone without the VPN, and the VPN drops on trains."),
    Wish(days=81, by="kemal-aydin", words="We need a second terminal at the packing station; people queue for ten minutes at shift change."),
    Wish(days=77, by="aylin-demir", words="Please let me approve invoices from chat, the portal logs me out every fifteen minutes."),
    Wish(days=74, by="diego-herrera", words="Customer addresses differ between the shop and the CRM; last week two pallets went to the wrong depot."),
    Wish(days=72, by="greta-hofmann", words="The safety sheets should be on the tablets, not only in the office."),
    Wish(days=69, by="hanna-fischer", words="Ich brauche Lesezugriff auf den Ordner der Wirtschaftsprüfer, bevor die Prüfung beginnt."),
    Wish(days=66, by="nadia-rahman", words="A shared calendar for trade fairs, so that we stop booking the same demo kit twice."),
    Wish(days=62, by="erik-johansson", words="Maintenance tickets need a photo; describing a broken guard in words takes longer than fixing it."),
    Wish(days=58, by="elena-rossi", words="Could travel expenses take a picture of the receipt instead of a scanned PDF?"),
    Wish(days=55, by="ava-thompson", words="The CRM needs 40 seconds to open a customer with more than a hundred orders."),
    Wish(days=51, by="ivan-petrov", words="Wi-Fi does not reach the new hall; the forklift terminals are offline behind gate 4."),
    Wish(days=48, by="bruno-costa", words="I need one list of all software we pay for, with the date each contract renews."),
    Wish(days=44, by="isabelle-laurent", words="French product texts disappear when marketing updates the English ones."),
    Wish(days=41, by="olga-ivanova", words="Shift plans should arrive in chat; half of the team reads no e-mail."),
    Wish(days=37, by="felix-brandt", words="Two screens for the accounting desks, please; we compare documents all day.", withdrawn=True),
    Wish(days=33, by="chen-wei", words="Meeting room screens do not connect to the new laptops without an adapter nobody has."),
    Wish(days=29, by="carlos-mendes", words="The torque data of station 7 should be stored, so that we can answer complaints with numbers."),
    Wish(days=26, by="grace-mwangi", words="Supplier onboarding takes three forms that ask for the same bank details."),
    Wish(days=21, by="hiroshi-sato", words="Quotes over 20,000 need a second signature; can that be one button instead of a printout?"),
    Wish(days=17, by="anna-schmidt", words="Please tell us a day before when the line terminals are updated; last Tuesday we stood still."),
    Wish(days=12, by="zoe-clarke", words="The order system is down for maintenance every day at 4 pm New York time, our busiest hour."),
    Wish(days=8, by="dmitri-volkov", words="I would like a test copy of the reporting database, so that I can try queries without fear."),
    Wish(days=5, by="lucia-morales", words="New colleagues wait six days for an account; they need it on the first morning."),
    Wish(days=2, by="noah-williams", words="Let us share large drawings with customers without a USB stick in the post."),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something people said to each other in a channel."""

    days: int
    hour: float
    channel: str
    by: str
    words: str


REMARKS = (
    Remark(days=85, hour=9.1, channel="general", by="olivia-bennett", words="Good morning! The new catalogue is out, thank you to everyone who proofread over the weekend."),
    Remark(days=85, hour=9.3, channel="general", by="werner-baumann", words="It looks great. The pruning shears on page 12 have never looked sharper. 🌿"),
    Remark(days=60, hour=8.2, channel="general", by="margaret-osei", words="Reminder: expense claims for last quarter are due on Friday."),
    Remark(days=30, hour=12.5, channel="general", by="noah-williams", words="Does anybody have a spare lanyard from the spring fair? We are two short."),
    Remark(days=30, hour=12.7, channel="general", by="lucia-morales", words="I have a box of them at gate 2, come by."),
    Remark(days=1, hour=9.0, channel="general", by="olivia-bennett", words="The garden centre in Lyon renewed for three years. Well done, Isabelle!"),
    Remark(days=1, hour=9.2, channel="general", by="isabelle-laurent", words="Merci! It was the demo kit that convinced them."),
    Remark(days=84, hour=10.0, channel="it-help", by="daniel-okafor", words="Printers on the second floor are back. A firmware update had undone the driver."),
    Remark(days=45, hour=14.1, channel="it-help", by="greta-hofmann", words="Is the time clock slow for everybody or only at gate 3?"),
    Remark(days=45, hour=14.2, channel="it-help", by="chiara-greco", words="Only gate 3, a cable. Emil is on the way."),
    Remark(days=20, hour=8.9, channel="it-help", by="carol-whitfield", words="The ledger export went through in one piece this month. Thank you!"),
    Remark(days=3, hour=11.3, channel="it-help", by="ivan-petrov", words="Gate 4 still has no Wi-Fi when it rains. Honestly, I am not making this up."),
    Remark(days=3, hour=11.5, channel="it-help", by="sofia-lindqvist", words="We believe you. The antenna outside gets a new housing this week."),
    Remark(days=40, hour=9.5, channel="finance", by="margaret-osei", words="Month end: please post accruals until Thursday noon."),
    Remark(days=6, hour=10.2, channel="finance", by="tomasz-zielinski", words="I collect what we need from IT for the audit; write to me or straight to Groundswell."),
    Remark(days=35, hour=7.1, channel="production", by="werner-baumann", words="Line 2 starts an hour later tomorrow, maintenance needs the time."),
    Remark(days=7, hour=6.9, channel="production", by="piotr-kowalski", words="Early shift: the tablets at line 3 have the new safety sheets."),
    Remark(days=28, hour=9.4, channel="sales", by="noah-williams", words="Who has the price list for the Nordic dealers? Mine is from spring."),
    Remark(days=28, hour=9.6, channel="sales", by="ava-thompson", words="Put the current one in the shared folder, second tab."),
    Remark(days=50, hour=10.4, channel="it", by="rajesh-iyer", words="Change freeze from the 20th. Anything urgent goes over my desk."),
    Remark(days=9, hour=15.2, channel="it", by="fatima-haddad", words="The new laptops are imaged. Handover starts with Sales on Monday."),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An announcement of the CIO to everyone."""

    days: int
    title: str
    words: str


NEWS = (
    News(
        days=79,
        title="Hello from Groundswell",
        words="From today you can tell IT what you need in one sentence, right here in chat.\n\n"
        "Every need gets a number, a named person and an answer within five working days.",
    ),
    News(
        days=46,
        title="New Wi-Fi in all halls by the end of the quarter",
        words="You told us that terminals lose their connection in the new hall.\n\n"
        "We replace the antennas hall by hall, beginning with gate 4. Werner's team agrees each"
        " date before we start, so that no line stands still.",
    ),
    News(
        days=10,
        title="Accounts are ready on the first morning",
        words="From the first of next month, new colleagues find their account, laptop and badge"
        " ready when they start.\n\nThank you to Lucia for describing so clearly what it was like.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A pulse; answers lie around ``mean``, and ``share`` of all take part."""

    days: int
    question: str
    mean: float
    share: float
    comments: tuple[str, ...]


SURVEYS = (
    Survey(
        days=68,
        question="How happy are you with IT these days?",
        mean=6.6,
        share=0.7,
        comments=(
            "I never know whether anybody has read my ticket.",
            "The people are kind, the waiting is long.",
            "Logging in takes four passwords.",
            "Good help on the phone.",
            "Terminals in the hall are slower than paper.",
            "Updates always come at the wrong time.",
        ),
    ),
    Survey(
        days=24,
        question="How happy are you with IT these days?",
        mean=7.9,
        share=0.8,
        comments=(
            "It helps to see who answers and by when.",
            "Wi-Fi is better, gate 4 is still weak when it rains.",
            "Finally one place to ask.",
            "The export works again, thank you.",
            "Please warn us before updates.",
            "Still too many passwords.",
            "The new laptops are wonderful.",
        ),
    ),
)
