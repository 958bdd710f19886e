"""The table of facts that every answer of a service desk is made from. All of it is invented."""

from dataclasses import dataclass

OPENING_HOURS = {
    "Ardenholm": "Monday to Friday from 8 to 15",
    "Brackmoor": "Monday to Thursday from 9 to 16",
    "Corvale": "Monday to Saturday from 8 to 12",
    "Dunwater": "Tuesday to Friday from 9 to 17",
    "Elverstead": "Monday to Friday from 10 to 18",
    "Farrowick": "Monday, Wednesday and Friday from 8 to 16",
    "Gildermoor": "Monday to Thursday from 7 to 14",
    "Hesterby": "Tuesday to Saturday from 9 to 13",
}
"""Region -> when its desks are open. One desk, and so one client, serves each region."""

REGIONS = tuple(OPENING_HOURS)


@dataclass(frozen=True, slots=True)
class Service:
    """A desk of every municipal office: what it is called, and its telephone extension."""

    name: str
    desk: str
    extension: int


@dataclass(frozen=True, slots=True)
class Item:
    """Something that people apply for. `fee` is in euros, `days` are working days until it is there."""

    service: Service
    name: str
    article: str
    fee: int
    days: int
    documents: str
    channel: str


_REGISTRATION = Service("registration", "registration desk", 210)
_PARKING = Service("parking", "parking desk", 220)
_HOUSING = Service("housing", "housing benefit desk", 230)
_LIBRARY = Service("library", "library desk", 240)
_WASTE = Service("waste", "waste desk", 250)
_TAX = Service("tax", "tax desk", 260)
_CHILDCARE = Service("childcare", "childcare desk", 270)
_PASSPORT = Service("passport", "passport desk", 280)
_WATER = Service("water", "water desk", 290)
_ELECTIONS = Service("elections", "elections desk", 310)

_ONLINE = "online or at the desk"
_POST = "online, by post or at the desk"
_PERSON = "only in person at the desk"

ITEMS = (
    Item(_REGISTRATION, "residence certificate", "a", 8, 3, "your identity card and your lease", _ONLINE),
    Item(_REGISTRATION, "certified copy", "a", 4, 2, "the original paper and your identity card", _PERSON),
    Item(_PARKING, "resident parking permit", "a", 48, 5, "your vehicle papers and your lease", _ONLINE),
    Item(_PARKING, "visitor parking permit", "a", 6, 2, "your identity card and the number plate", _ONLINE),
    Item(_HOUSING, "housing benefit", "", 0, 20, "your lease and three pay slips", _POST),
    Item(_HOUSING, "rent supplement", "a", 0, 15, "your lease and last rent bill", _POST),
    Item(_LIBRARY, "library card", "a", 10, 2, "your identity card and proof of address", _ONLINE),
    Item(_LIBRARY, "study room", "a", 3, 2, "your library card and a list of who comes", _ONLINE),
    Item(_WASTE, "bulky waste collection", "a", 25, 7, "your customer number and a list of things", _POST),
    Item(_WASTE, "second recycling bin", "a", 30, 10, "your last waste bill and identity card", _ONLINE),
    Item(_TAX, "property tax statement", "a", 5, 4, "your tax number and proof of ownership", _POST),
    Item(_TAX, "dog licence", "a", 36, 3, "your identity card and the vaccination book", _ONLINE),
    Item(_CHILDCARE, "childcare place", "a", 0, 30, "the birth certificate and proof of address", _ONLINE),
    Item(_CHILDCARE, "school meal pass", "a", 12, 5, "the letter from school and your bank details", _POST),
    Item(_PASSPORT, "passport", "a", 60, 15, "your birth certificate and one recent photo", _PERSON),
    Item(_PASSPORT, "new identity card", "a", 28, 12, "your old card and one recent photo", _PERSON),
    Item(_WATER, "water meter check", "a", 35, 8, "your last water bill and a meter photo", _POST),
    Item(_WATER, "new water connection", "a", 140, 25, "the building plan and proof of ownership", _POST),
    Item(_ELECTIONS, "postal vote", "a", 0, 6, "your identity card and polling card", _POST),
    Item(_ELECTIONS, "new polling card", "a", 2, 4, "your identity card and proof of address", _PERSON),
)

SERVICES = tuple(dict.fromkeys(item.service for item in ITEMS))
