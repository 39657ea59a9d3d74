"""How the vault meets the network is said in a few variables, and a wrong one is told by name."""

from ipaddress import ip_network

import pytest

from vault.web_settings import DEFAULT_LIMITS, Limited, Rate, WebSettings, read_web


def test_nothing_said_is_the_defaults() -> None:
    assert read_web({}) == WebSettings()
    assert read_web({}).limits == DEFAULT_LIMITS


def test_everything_has_a_limit_by_default() -> None:
    assert set(DEFAULT_LIMITS) == set(Limited)


def test_what_is_said_is_meant() -> None:
    web = read_web(
        {
            "VAULT_HOSTS": "Vault.Example, other.example",
            "VAULT_TRUSTED_PROXIES": "10.0.0.0/24,192.0.2.1",
            "VAULT_CLIENT_CERTIFICATE_HEADER": "X-SSL-Client-S-DN",
            "VAULT_LIMITS": "sign_in=5/60, search=1/1",
            "VAULT_SECURE_COOKIES": "1",
        }
    )
    assert web.hosts == ("vault.example", "other.example")
    assert web.trusted_proxies == (ip_network("10.0.0.0/24"), ip_network("192.0.2.1/32"))
    assert web.certificate_header == "x-ssl-client-s-dn"
    assert web.limits[Limited.SIGN_IN] == Rate(5, 60)
    assert web.limits[Limited.ADDRESS] == DEFAULT_LIMITS[Limited.ADDRESS]
    assert web.secure


def test_limits_can_be_off() -> None:
    assert not read_web({"VAULT_LIMITS": "off"}).limits


@pytest.mark.parametrize(
    "variables",
    [
        {"VAULT_LIMITS": limits}
        for limits in ("on", "sign_in", "sign_in=", "sign_in=1", "sign_in=0/1", "sign_in=1/0", "sign_in=-1/1", "x=1/1")
    ]
    + [{"VAULT_TRUSTED_PROXIES": proxies} for proxies in ("everybody", "10.0.0.1/8", "*")],
    ids=str,
)
def test_a_wrong_variable_is_told_by_its_name(variables: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(variables))):
        read_web(variables)


@pytest.mark.parametrize(
    ("address", "trusted"), [("10.0.0.9", True), ("10.0.1.9", False), ("unix:", False), ("", False)]
)
def test_a_balancer_is_known_by_its_address(address: str, trusted: bool) -> None:
    assert WebSettings(trusted_proxies=(ip_network("10.0.0.0/24"),)).trusts(address) is trusted
