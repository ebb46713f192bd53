"""What is true in the made-up county, written down so that a comparison can be checked against it.

Change is in points of the WHODAS 2.0 12-item complex total (0–100, lower is better); an effect is an
improvement, so +11 means that a provider's clients end 11 points lower than the same clients would elsewhere.
Three providers differ; for all others the true effect is exactly zero, whatever their clients' case-mix is.
"""

from dataclasses import dataclass
from datetime import date

SEED = 20261115
AS_OF = date(2026, 11, 15)
FIRST_OPENING = date(2023, 11, 1)
LAST_OPENING = date(2026, 10, 31)

MEAN_BASELINE = 46.0
SD_BASELINE = 13.0
MEAN_IMPROVEMENT = 7.0
SD_IMPROVEMENT = 6.5
IMPROVEMENT_PER_BASELINE_POINT = 0.22
LIVES_ALONE_EFFECT = -2.0
AGE_EFFECT_PER_DECADE = -0.8
LOSS_INTERCEPT = -0.7
LOSS_PER_BASELINE_POINT = 0.03


@dataclass(frozen=True, slots=True)
class DemoProvider:
    """A made-up provider: its size in episodes, its true effect, its case-mix and its loss to follow-up.

    case_mix: mean shift of baseline, in points (positive: clients with more difficulties).
    loss: shift of the log-odds that the end measurement is missing.
    """

    name: str
    municipality: str
    episodes: int
    effect: float = 0.0
    case_mix: float = 0.0
    loss: float = 0.0


PROVIDERS = (
    DemoProvider("Kuntoutus Kurki", "853", 300, effect=11.0, case_mix=5.0, loss=-0.2),
    DemoProvider("Hyvinvointialueen oma yksikkö", "853", 245, case_mix=7.0, loss=0.1),
    DemoProvider("Arjen tuki Tiira", "734", 200, case_mix=-3.0),
    DemoProvider("Toimintakyky Joutsen", "853", 172, effect=-11.0, case_mix=-5.0, loss=-0.3),
    DemoProvider("Kuntoutuspalvelu Kuovi", "202", 150, case_mix=2.0, loss=0.4),
    DemoProvider("Osallisuus Peippo", "680", 132, effect=11.0, case_mix=-2.0, loss=-0.2),
    DemoProvider("Voimavara Satakieli", "529", 118, case_mix=-6.0, loss=-0.3),
    DemoProvider("Kotikuntoutus Pääsky", "423", 104, case_mix=4.0, loss=0.5),
    DemoProvider("Rehab Svala", "445", 92, case_mix=-4.0),
    DemoProvider("Elämäntaito Leivo", "430", 82, case_mix=1.0, loss=0.2),
    DemoProvider("Kuntoutus Haikara", "895", 72, case_mix=3.0),
    DemoProvider("Yhteispolku Rastas", "853", 63, loss=-0.4),
    DemoProvider("Arkivoima Tilhi", "538", 55, case_mix=-2.0, loss=0.3),
    DemoProvider("Tukiverkko Kuikka", "636", 47, case_mix=6.0, loss=0.2),
    DemoProvider("Stödtjänst Lom", "322", 41, case_mix=-3.0, loss=-0.1),
    DemoProvider("Kuntoutuspaja Käki", "761", 35, case_mix=2.0),
    DemoProvider("Valmennus Västäräkki", "481", 29, case_mix=-1.0, loss=0.1),
    DemoProvider("Askel Punarinta", "577", 24, case_mix=4.0),
    DemoProvider("Kumppani Haahka", "400", 20, loss=0.3),
    DemoProvider("Ryhmäkuntoutus Telkkä", "853", 16, case_mix=-5.0),
    DemoProvider("Kotipolku Töyhtöhyyppä", "503", 12, case_mix=3.0),
    DemoProvider("Mielenvire Huuhkaja", "304", 9, case_mix=1.0),
    DemoProvider("Verkkokuntoutus Kottarainen", "704", 6),
    DemoProvider("Pienryhmä Sinitiainen", "833", 3, case_mix=2.0),
)

DIFFERENT = {provider.name: provider.effect for provider in PROVIDERS if provider.effect}

# Weights for where clients live: roughly how the county's people are spread.
MUNICIPALITY_WEIGHTS = {
    "853": 195, "734": 51, "202": 36, "680": 25, "423": 20, "529": 19, "430": 16, "895": 15, "445": 15,
    "481": 10, "577": 11, "761": 9, "400": 8, "503": 8, "636": 8, "322": 7, "704": 6, "538": 5, "019": 4,
    "738": 3, "480": 2, "918": 2, "561": 1.3, "284": 2.2, "631": 2, "833": 1.6, "304": 1,
}  # fmt: skip

GIVEN_NAMES = (
    "Aamu", "Halla", "Helle", "Kaiku", "Kaste", "Kide", "Kuura", "Myrsky", "Pilvi", "Pouta", "Pyry", "Rae",
    "Routa", "Sade", "Sumu", "Syksy", "Tuisku", "Tuuli", "Tyyni", "Usva", "Utu", "Valo", "Dimma", "Sol", "Storm",
)  # fmt: skip
SURNAMES = (
    "Esimerkki", "Keksitty", "Kuviteltu", "Olematon", "Tarinainen", "Satunen", "Mallinen", "Testinen",
    "Päähänpisto", "Kokeilu", "Påhittad", "Exempelsson", "Sagolund", "Fantasius",
)  # fmt: skip
