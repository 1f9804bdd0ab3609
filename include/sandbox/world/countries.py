"""Facts about each country people live in: telephone plan, names, language, zones, post."""

from dataclasses import dataclass
from functools import cached_property

# iso | calling code | trunk | culture | language | zones | postcode (9 digit, A letter) | cities
_TABLE = """
GB|44|0|GB|en|Europe/London|AA9 9AA|London Manchester Leeds Glasgow Bristol Edinburgh Cardiff York
US|1|1|US|en|America/New_York America/Chicago America/Los_Angeles|99999|Springfield Austin Boston Denver
FR|33|0|FR|fr|Europe/Paris|99999|Paris Lyon Marseille Toulouse Nantes Lille Orléans Nîmes Saint-Étienne
DE|49|0|DE|de|Europe/Berlin|99999|Berlin Hamburg München Köln Leipzig Düsseldorf Nürnberg Münster Lübeck
RU|7|8|RU|ru|Europe/Moscow|999999|Москва Санкт-Петербург Казань Самара Новосибирск Екатеринбург Пермь Воронеж
KZ|7|8|RU|ru|Asia/Almaty|999999|Алматы Астана Шымкент Караганда Актобе Павлодар
IT|39||IT|it|Europe/Rome|99999|Roma Milano Napoli Torino Bologna Firenze
ES|34||ES|es|Europe/Madrid|99999|Madrid Barcelona Valencia Sevilla Málaga Cádiz
PL|48||PL|pl|Europe/Warsaw|99-999|Warszawa Kraków Łódź Wrocław Gdańsk Poznań
TR|90|0|TR|tr|Europe/Istanbul|99999|İstanbul Ankara İzmir Bursa Antalya Muğla
IN|91|0|IN|en|Asia/Kolkata|999999|Mumbai Delhi Bengaluru Chennai Pune Kolkata
JP|81|0|JP|ja|Asia/Tokyo|999-9999|Tokyo Osaka Nagoya Sapporo Kyoto Fukuoka
AU|61|0|GB|en|Australia/Sydney|9999|Sydney Melbourne Brisbane Perth Adelaide Hobart
BR|55|0|ES|pt|America/Sao_Paulo|99999-999|Recife Brasília Curitiba Goiânia Santos Maceió
ZA|27|0|GB|en|Africa/Johannesburg|9999|Johannesburg Durban Pretoria Bloemfontein Polokwane
CA|1|1|US|en|America/Toronto|A9A 9A9|Toronto Montréal Ottawa Hamilton London Québec
IE|353|0|GB|en|Europe/Dublin|A99 AA99|Dublin Cork Galway Limerick Waterford
JE|44|0|GB|en|Europe/London|AA9 9AA|Saint-Helier Gorey
NL|31|0|NO|nl|Europe/Amsterdam|9999 AA|Amsterdam Rotterdam Utrecht Eindhoven Groningen
BE|32|0|FR|fr|Europe/Brussels|9999|Bruxelles Liège Gand Namur Anvers
CH|41|0|DE|de|Europe/Zurich|9999|Zürich Genève Basel Bern Luzern
AT|43|0|DE|de|Europe/Vienna|9999|Wien Graz Linz Salzburg
PT|351||ES|pt|Europe/Lisbon|9999-999|Lisboa Porto Braga Coimbra Évora
NO|47||NO|nb|Europe/Oslo|9999|Oslo Bergen Trondheim Tromsø
SE|46|0|NO|sv|Europe/Stockholm|999 99|Stockholm Göteborg Malmö Umeå
DK|45||NO|da|Europe/Copenhagen|9999|København Aarhus Odense Helsingør
FI|358|0|NO|fi|Europe/Helsinki|99999|Helsinki Tampere Turku Jyväskylä
IS|354||NO|is|Atlantic/Reykjavik|999|Reykjavík Akureyri Höfn
CZ|420||PL|cs|Europe/Prague|999 99|Praha Brno Plzeň Olomouc
LT|370|0|PL|lt|Europe/Vilnius|99999|Vilnius Kaunas Klaipėda
GR|30||IT|el|Europe/Athens|999 99|Athina Patra Irakleio
CY|357||IT|el|Asia/Nicosia|9999|Lefkosia Lemesos Larnaka
MT|356||IT|en|Europe/Malta|AAA 9999|Valletta Sliema Mdina
IL|972|0|TR|he|Asia/Jerusalem|9999999|Haifa Jerusalem Ashdod
LB|961|0|TR|ar|Asia/Beirut|9999|Beirut Tripoli Sidon
AE|971|0|TR|ar|Asia/Dubai|99999|Dubai Sharjah Ajman
BH|973||TR|ar|Asia/Bahrain|999|Manama Muharraq
SA|966|0|TR|ar|Asia/Riyadh|99999|Riyadh Jeddah Dammam
SG|65||JP|en|Asia/Singapore|999999|Singapore Jurong Tampines
HK|852||JP|en|Asia/Hong_Kong|999999|Kowloon Victoria Tsuen-Wan
"""

# mobile numbers without calling code: beginnings, then how many digits follow
_MOBILE = {
    "GB": ("7900 7730 7850 7811 7800 7984 7401 7415 7711 7725", 6), "JE": ("77977 77978 79370 78299", 5),
    "US": ("212 415 312 206 305 713 202 404 503 617", 7), "CA": ("416 514 604 613", 7),
    "FR": ("61 62 66 68", 7), "DE": ("170 171 172 173 174 175", 7), "RU": ("903 905 909 916 926", 7),
    "KZ": ("701 702 705 707 777", 7), "IT": ("347 328 333 338", 7), "ES": ("61 62 65 66", 7),
    "PL": ("50 60 66 69", 7), "TR": ("532 542 505", 7), "IN": ("98 99 97", 8),
    "JP": ("8029 9092 8097 9081 9059", 6), "AU": ("41 42 40", 7), "BR": ("119 219 319", 8),
    "ZA": ("82 83 72", 7), "IE": ("85 86 87", 7), "NL": ("61 62 64", 7), "BE": ("47 48 49", 7),
    "CH": ("76 78 79", 7), "AT": ("664 676", 7), "PT": ("91 93 96", 7),
    "NO": ("465 486 929 931 985 405", 5), "SE": ("70 73 76", 7), "DK": ("2098 4026 4076 2031 6022", 4),
    "FI": ("40 50", 7), "IS": ("6187 6117 6999 6115", 3), "CZ": ("7265 7746 7735 6058", 5),
    "LT": ("61 68", 6), "GR": ("69", 8), "CY": ("99 96", 6), "MT": ("79 99", 6),
    "IL": ("5484 5209 5440 5297", 5), "LB": ("7169 7175 7114 7641", 4), "AE": ("50 55", 7),
    "BH": ("36 39", 6), "SA": ("50 55", 7), "SG": ("853 915 839 936 907", 5), "HK": ("901 980 925 632", 5),
}  # fmt: skip


@dataclass(frozen=True)
class Country:
    """One country. `postcode` is a pattern of 9 (digit) and A (letter); `trunk` may be empty."""

    iso: str
    calling_code: str
    trunk: str
    culture: str
    language: str
    zones: tuple[str, ...]
    postcode: str
    cities: tuple[str, ...]

    @cached_property
    def mobile(self) -> tuple[tuple[str, ...], int]:
        """Beginnings of mobile numbers, and how many digits follow one."""
        starts, digits = _MOBILE[self.iso]
        if self.calling_code == "1":  # an exchange does not begin with 0 or 1
            return tuple(f"{s}{d}" for s in starts.split() for d in "2346789"), digits - 1
        return tuple(starts.split()), digits


def _read(line: str) -> Country:
    iso, code, trunk, culture, language, zones, postcode, cities = line.split("|")
    return Country(iso, code, trunk, culture, language, tuple(zones.split()), postcode, tuple(cities.split()))


COUNTRIES = {country.iso: country for country in map(_read, _TABLE.strip().splitlines())}
ELSEWHERE = ("IT", "ES", "PL", "TR", "IN", "JP", "AU", "BR", "ZA", "CA")
SHARES = {"GB": 0.30, "US": 0.15, "FR": 0.25, "DE": 0.15, "RU": 0.065, "KZ": 0.035} | dict.fromkeys(
    ELSEWHERE, 0.005
)

# How an address is written: {n} number, {s} name, {m} flat. Every kind of way has a short form (noise_text).
STREETS = {
    "GB": (
        "{n} {s} Street|{n} {s} Road|{n} {s} Avenue|{n} {s} Lane|Flat {m}, {n} {s} Road|{n} {s} Close",
        "High Church Station Victoria Park Mill Albert Queen's King's Manor School Green Windsor"
        " Springfield Alma",
    ),
    "US": (
        "{n} {s} Street|{n} {s} Avenue|{n} {s} Drive|{n} {s} Boulevard|{n} {s} Road, Apartment {m}",
        "Main Oak Maple Washington Cedar Elm Lake Hill Lincoln Jefferson Sunset Pine Walnut Franklin Second",
    ),
    "FR": (
        "{n} rue {s}|{n} avenue {s}|{n} boulevard {s}|{n} bis rue {s}|{n} place {s}",
        "de_la_Gare Victor-Hugo du_Général-de-Gaulle des_Écoles de_l'Église Pasteur de_la_République"
        " Molière Émile-Zola du_Moulin Jean-Jaurès des_Lilas Saint-Étienne",
    ),
    "DE": (
        "{s}straße {n}|{s}weg {n}|{s}platz {n}|{s}straße {n}a|Am {s}platz {n}",
        "Haupt Schul Garten Bahnhof Dorf Berg Kirch Mühlen Goethe Schiller Linden Birken Rosen Wald König",
    ),
    "RU": (
        "улица {s}, {n}|проспект {s}, {n}|переулок {s}, {n}|улица {s}, {n}, квартира {m}",
        "Ленина Пушкина Гагарина Мира Садовая Советская Лесная Абая Чехова Победы Кирова Молодёжная",
    ),
    "IT": (
        "via {s}, {n}|viale {s}, {n}|piazza {s}, {n}",
        "Roma Garibaldi Mazzini Dante Verdi Cavour Matteotti",
    ),
    "ES": (
        "calle {s}, {n}|avenida {s}, {n}|plaza {s}, {n}",
        "Mayor Real Goya Cervantes Colón Sol Constitución",
    ),
    "PL": (
        "ulica {s} {n}|aleja {s} {n}|plac {s} {n}",
        "Polna Leśna Długa Krótka Mickiewicza Słoneczna Ogrodowa",
    ),
    "TR": (
        "{s} Street {n}|{s} Avenue {n}",
        "Atatürk Cumhuriyet İnönü Gül Bahçe Zeytin",
    ),
    "IN": (
        "{n} {s} Road|{n} {s} Street|{n} {s} Lane",
        "Gandhi Nehru Temple Market Lake Station Hill",
    ),
    "JP": (
        "{n}-{m} {s} Street|{n}-{m} {s} Avenue",
        "Sakura Hikari Midori Chuo Honcho Asahi",
    ),
    "NO": (
        "{s} Street {n}|{s} Road {n}|{s} Avenue {n}",
        "Stor Kirke Skole Park Skogs Fjord Møller",
    ),
}
