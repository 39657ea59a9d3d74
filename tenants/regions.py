"""A storage region lies in a country, and a country lies inside the promised area or does not."""

from types import MappingProxyType

from tenants.vocabulary import Area

_EU = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"}
    | {"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)
_EEA = _EU | {"IS", "LI", "NO"}

COUNTRIES = MappingProxyType({Area.EU: _EU, Area.EEA: _EEA})
"""Member countries by area, ISO 3166-1 alpha-2."""

REGIONS = MappingProxyType(
    {
        "af-south-1": "ZA",
        "ap-northeast-1": "JP",
        "ap-south-1": "IN",
        "ap-southeast-1": "SG",
        "ap-southeast-2": "AU",
        "ca-central-1": "CA",
        "eu-central-1": "DE",
        "eu-central-2": "CH",
        "eu-north-1": "SE",
        "eu-south-1": "IT",
        "eu-south-2": "ES",
        "eu-west-1": "IE",
        "eu-west-2": "GB",
        "eu-west-3": "FR",
        "eusc-de-east-1": "DE",
        "sa-east-1": "BR",
        "us-east-1": "US",
        "us-east-2": "US",
        "us-west-1": "US",
        "us-west-2": "US",
    }
)
"""The country of each storage region that a policy may name: S3 region codes as Amazon uses them."""


def allowed_regions(area: Area) -> tuple[str, ...]:
    """Name the regions that lie inside an area."""
    return tuple(region for region, country in REGIONS.items() if country in COUNTRIES[area])
