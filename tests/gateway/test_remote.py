"""Which address a request is from."""

import json
import re
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from gateway.remote import MAX_HOPS, remote_of
from gateway.settings import SettingsError, load_settings
from tests.gateway.edge import PROJECT, SECRETS

TRUSTED = tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8")))


def remote(peer: str, *headers: str) -> str:
    told = CIMultiDict([("X-Forwarded-For", header) for header in headers])
    return remote_of(make_mocked_request("GET", "/", headers=told).clone(remote=peer), TRUSTED)


@pytest.mark.parametrize(
    ("peer", "headers", "found"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
        ("10.0.0.1", ["2001:db8:1:2:ffff::4"], "2001:db8:1:2::/64"),
        ("fd00::1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, "], "10.0.0.1"),
        ("10.0.0.1", [", ".join(["198.51.100.1", *["10.0.0.2"] * MAX_HOPS])], "10.0.0.2"),
        ("", [], "local"),
    ],
)
def test_the_address_is_the_last_one_that_no_trusted_proxy_has(peer: str, headers: list[str], found: str) -> None:
    assert remote(peer, *headers) == found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "rules").mkdir()
    return tmp_path


@pytest.mark.parametrize("told", ['["10.0.0.0/8", "fd00::/8"]', '["192.0.2.7"]', "[]"])
def test_the_settings_name_trusted_networks(project: Path, told: str) -> None:
    (project / "pointsman.toml").write_text(f"trusted_proxies = {told}\n{PROJECT}")
    assert load_settings(project).trusted_proxies == tuple(map(ip_network, json.loads(told)))


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        (
            '["10.0.0.1/8"]',
            'trusted_proxies.0 must be a network such as "10.0.0.0/8", with no bits set after its length',
        ),
        ('["10.0.0.0/8", "proxy"]', 'trusted_proxies.1 must be a network such as "10.0.0.0/8"'),
        ('"10.0.0.0/8"', "trusted_proxies must be a list in brackets"),
    ],
)
def test_what_is_no_list_of_networks_is_refused(project: Path, told: str, complaint: str) -> None:
    (project / "pointsman.toml").write_text(f"trusted_proxies = {told}\n{PROJECT}")
    with pytest.raises(SettingsError, match=re.escape(complaint)):
        load_settings(project)
