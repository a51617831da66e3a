# SPDX-License-Identifier: EUPL-1.2
"""A unit comes in by two people and its own key; what else is tried at the door, with a code or with a fingerprint."""

import asyncio
import os
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from contract.claim import claim_code, claim_proof, compared
from contract.envelope import spki
from contract.events import Event
from hub.ceremony import unit_subject
from hub.fleet.certifying import Renewals
from hub.fleet.enrolling import BOUNDS, LASTS_US, OF_ADDRESS_A_MINUTE
from hub.fleet.enrolment import Fleet
from hub.problem import ProblemError
from hub.store.claims import Enrolments
from hub.store.units import RevocationRow, Units
from tests.integration.fleet.newcomer import Newcomer, certifying, claim, confirm, der, enrolment
from tests.integration.keeper.keeping import refused
from tests.integration.town import MINUTE_US, UNIT, Town, disk_full, problem

DAY_US = 86_400_000_000


@pytest.fixture(autouse=True)
async def _known(town: Town) -> None:
    """One unit came by the ceremony: the next is the second."""
    await town.enrol()


async def test_a_unit_comes_in_by_its_code_and_its_fingerprint(town: Town) -> None:
    unit = Newcomer(town)
    name = await unit.asked(source_note="a test")
    assert (await unit.look(name)).json()["state"] == "waiting"

    shown = (await claim(town, f" {unit.code.lower().replace('0', 'o').replace('-', ' ')} ", "installer")).json()

    assert (shown["unit"], shown["camera"], shown["state"]) == ("unit-2", "camera-2", "claimed")
    assert (shown["enrolment"], shown["fingerprint"]) == (name, unit.fingerprint)
    assert tuple(shown["groups"]) == compared(unit.fingerprint)
    assert (await unit.look(name)).json() == {**dict.fromkeys(("unit", "camera", "certificate", "client_id", "reason")),
                                              "state": "claimed"}  # fmt: skip
    (listed,) = (await (await town.client("operator")).get("/v1/enrolments")).json()
    assert listed == shown and listed["claimed_by"] == "installer"
    assert (await confirm(town, name, unit.fingerprint)).json()["state"] == "confirmed"
    await certifying(town).look()
    told = (await unit.look(name)).json()
    assert (told["state"], told["unit"], told["camera"], len(told["client_id"])) == (
        *("issued", "unit-2", "camera-2"),
        32,
    )
    certificate = x509.load_pem_x509_certificate(told["certificate"].encode())
    assert certificate.subject.rfc4514_string() == unit_subject("unit-2")
    assert certificate.public_key() == unit.key.public_key()
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 7
    assert (await enrolment(town).admitted(der(told["certificate"]))).unit == "unit-2"
    row = await Units(town.database).get("unit-2")
    assert row is not None and (row.state, row.camera, row.source_note) == ("active", "camera-2", "a test")
    ((_, leaf),) = town.log.find(Event.UNIT_ENROLLED.value)
    assert (dict(leaf.ids), leaf.digest) == ({"unit": "unit-2"}, unit.fingerprint)
    assert (await (await town.client("operator")).get("/v1/enrolments")).json() == []


async def test_the_name_that_a_request_wishes_for_counts_for_nothing(town: Town) -> None:
    unit = Newcomer(town)
    await unit.asked(csr=unit.request(UNIT))
    shown = (await claim(town, unit.code)).json()
    await confirm(town, shown["enrolment"], unit.fingerprint)
    await certifying(town).look()
    told = (await unit.look(shown["enrolment"])).json()
    assert told["unit"] == "unit-2"
    assert (
        der(told["certificate"])
        and unit_subject("unit-2")
        == x509.load_pem_x509_certificate(told["certificate"].encode()).subject.rfc4514_string()
    )
    known = await Units(town.database).get(UNIT)
    assert known is not None and known.key == town.identity.public


async def test_asked_again_it_is_the_same_question(town: Town) -> None:
    unit = Newcomer(town)
    assert await unit.asked() == await unit.asked()
    name = (await claim(town, unit.code)).json()["enrolment"]
    assert await unit.asked() == name
    other = Newcomer(town, unit.key)  # a new label, but somebody types the first one already
    assert await other.asked() == name


async def test_who_has_not_the_key_is_told_nothing(town: Town) -> None:
    unit = Newcomer(town)
    name = await unit.asked()
    stranger = await unit.look(name, ec.generate_private_key(ec.SECP256R1()))
    assert problem(stranger) == (422, "enrolment-refused", "enrolment.key")
    async with town.browser() as browser:
        for said in ("", "Flexzicht", "Flexzicht AAAA", "Flexzicht é", "Bearer " + "A" * 86 + "=="):
            answer = await browser.get(f"/v1/enrolments/{name}", headers={b"Authorization": said.encode()})
            assert problem(answer) == (422, "enrolment-refused", "enrolment.key")
    assert problem(await unit.look("0" * 32))[:2] == (404, "not-found")


async def test_a_code_works_once(town: Town) -> None:
    unit = Newcomer(town)
    await unit.claimed()
    answer = await claim(town, unit.code, "installer")
    assert problem(answer)[:2] == (409, "claim-used")
    assert answer.json()["parameters"] == {"unit": "unit-2", "mine": False}
    assert (await claim(town, unit.code)).json()["parameters"]["mine"] is True
    await confirm(town, (await unit.ask()).json()["id"], unit.fingerprint)
    await certifying(town).look()
    thief = Newcomer(town, code=unit.code)
    await thief.asked()
    assert problem(await claim(town, unit.code))[:2] == (409, "claim-used")
    assert [row.unit for row in await Units(town.database).all()] == [UNIT, "unit-2"]


async def test_a_code_that_two_units_say_lets_neither_in(town: Town) -> None:
    unit = Newcomer(town)
    await unit.asked()
    await Newcomer(town, code=unit.code).asked()
    assert problem(await claim(town, unit.code))[:2] == (409, "claim-of-two")
    unit.code = claim_code(b"a new one")
    assert (await unit.claimed())["unit"] == "unit-2"


async def test_a_code_lasts_a_day(town: Town) -> None:
    unit = Newcomer(town)
    name = await unit.asked()
    town.now_us += LASTS_US - 1
    assert (await unit.look(name)).json()["state"] == "waiting"
    town.now_us += 1
    town.clients.clear()
    assert problem(await unit.look(name))[:2] == problem(await claim(town, unit.code))[:2] == (410, "claim-over")
    assert problem(await unit.ask())[:2] == (410, "claim-over")
    unit.code = claim_code(b"another")
    assert (await unit.claimed())["state"] == "claimed"


async def test_who_waits_longer_than_a_day_for_an_operator_asks_anew(town: Town) -> None:
    shown = await Newcomer(town).claimed()
    town.now_us += LASTS_US
    town.clients.clear()
    assert problem(await confirm(town, shown["enrolment"], shown["fingerprint"]))[:2] == (410, "claim-over")
    assert (await (await town.client("operator")).get("/v1/enrolments")).json() == []


async def test_a_mistyped_code_is_said_and_a_guessed_one_is_counted(town: Town) -> None:
    unit = Newcomer(town)
    await unit.asked()
    wrong = unit.code[:-1] + ("0" if unit.code[-1] != "0" else "1")
    for _ in range(10):
        assert problem(await claim(town, wrong))[:2] == (422, "claim-mistyped")
    for number in range(5):
        guessed = claim_code(bytes([number] * 6))
        assert problem(await claim(town, guessed))[:2] == (404, "claim-unknown")
    answer = await claim(town, unit.code)
    assert problem(answer)[:2] == (429, "too-many-attempts") and int(answer.headers["retry-after"]) <= 60
    town.now_us += MINUTE_US
    assert (await claim(town, unit.code)).status_code == 201


@pytest.mark.parametrize("role", ["viewer", "approver"])
async def test_who_may_not(town: Town, role: str) -> None:
    unit = Newcomer(town)
    shown = await unit.claimed()
    client = await town.client(role)
    path = f"/v1/enrolments/{shown['enrolment']}"
    answers = [
        await client.post("/v1/claims", json={"code": unit.code}),
        await client.get("/v1/enrolments"),
        await client.post(f"{path}/confirmation", json={"fingerprint": unit.fingerprint}),
        await client.post(f"{path}/refusal"),
    ]
    assert {problem(answer)[:2] for answer in answers} == {(403, "not-allowed")}


async def test_an_installer_types_a_code_and_confirms_nothing(town: Town) -> None:
    shown = await Newcomer(town).claimed()
    installer = await town.client("installer")
    path = f"/v1/enrolments/{shown['enrolment']}/confirmation"
    answer = await installer.post(path, json={"fingerprint": shown["fingerprint"]})
    assert problem(answer)[:2] == (403, "not-allowed")


async def test_another_fingerprint_is_confirmed_for_nobody(town: Town) -> None:
    unit, thief = Newcomer(town), Newcomer(town)
    shown = await unit.claimed()
    await thief.asked()
    answer = await confirm(town, shown["enrolment"], thief.fingerprint)
    assert problem(answer)[:2] == (409, "fingerprint-differs")
    assert (await unit.look(shown["enrolment"])).json()["state"] == "claimed"


async def test_a_confirmation_that_is_replayed_serves_no_other_request(town: Town) -> None:
    unit = Newcomer(town)
    told = await unit.let_in()
    name = (await unit.ask()).json()["id"]
    assert (await confirm(town, name, unit.fingerprint)).json()["state"] == "issued"  # once more it is the same
    await certifying(town).look()
    assert (await unit.look(name)).json()["certificate"] == told["certificate"]
    thief = Newcomer(town)
    theirs = (await thief.claimed())["enrolment"]
    assert problem(await confirm(town, theirs, unit.fingerprint))[:2] == (409, "fingerprint-differs")
    assert (await thief.look(theirs)).json()["state"] == "claimed"


async def test_who_is_refused_is_told_and_comes_back_only_with_a_new_code(town: Town) -> None:
    unit = Newcomer(town)
    shown = await unit.claimed()
    operator = await town.client("operator")
    assert (await operator.post(f"/v1/enrolments/{shown['enrolment']}/refusal")).json()["state"] == "refused"
    told = (await unit.look(shown["enrolment"])).json()
    assert (told["state"], told["reason"]) == ("refused", "an operator refused it")
    assert await unit.asked() == shown["enrolment"]
    answer = await confirm(town, shown["enrolment"], unit.fingerprint)
    assert problem(answer)[:2] == (409, "enrolment-elsewhere")
    unit.code = claim_code(b"anew..")
    assert (await unit.claimed())["enrolment"] != shown["enrolment"]


async def test_a_flood_puts_out_its_own_and_nobody_it_does_not_outnumber(town: Town) -> None:
    unit = Newcomer(town, address="192.0.2.200")
    name = await unit.asked()
    flood = [Newcomer(town, address="192.0.2.7") for _ in range(OF_ADDRESS_A_MINUTE + 1)]
    answers = [await each.ask() for each in flood]
    assert [answer.status_code for answer in answers] == [202] * OF_ADDRESS_A_MINUTE + [429]
    assert len(await Enrolments(town.database).in_states("waiting")) == BOUNDS.of_address + 1
    assert (await unit.look(name)).status_code == 200
    for number in range(BOUNDS.of_all + 5):
        town.now_us += MINUTE_US
        await Newcomer(town, address=f"2001:db8:{number:x}::1").asked()
    assert len(await Enrolments(town.database).in_states("waiting")) == BOUNDS.of_all
    assert problem(await unit.look(name))[:2] == (404, "not-found")
    assert (await unit.claimed())["state"] == "claimed"  # it asks again by itself


async def test_what_is_no_request_keeps_out_nobody_and_a_flood_no_unit_that_is_known(town: Town) -> None:
    unit = Newcomer(town, address="192.0.2.200")
    for n in range(130):
        async with town.browser(**{"X-Forwarded-For": f"2001:db8:{n:x}::1"}) as browser:
            assert problem(await browser.post("/v1/enrolments", json={"csr": "x"}))[1] == "enrolment-refused"
    await unit.claimed()
    flood = [Newcomer(town, address=f"2001:db8:{n:x}::2") for n in range(125)]
    for one in flood * 3:  # asking again makes none of them known
        await one.ask()
    assert (await Newcomer(town, address="192.0.2.201").ask()).status_code == 429
    await unit.asked()


async def test_a_used_code_stays_used_when_its_unit_renews(town: Town) -> None:
    unit = Newcomer(town)
    await unit.let_in()
    town.now_us += 4 * DAY_US
    town.clients.clear()
    row = await Fleet(Units(town.database)).unit("unit-2")
    await Renewals(Enrolments(town.database), lambda: town.now_us, os.urandom).renew(row)
    await Newcomer(town, code=unit.code, address="198.51.100.9").asked()
    for days in (0, 30):
        town.now_us += days * DAY_US
        town.clients.clear()
        assert problem(await claim(town, unit.code))[:2] == (409, "claim-used")


async def test_a_code_lasts_a_day_whatever_was_asked_in_between(town: Town) -> None:
    unit = Newcomer(town)
    await unit.asked()
    for n in range(3):
        town.now_us += DAY_US // 4
        await unit.asked(claim=claim_proof(claim_code(bytes([n] * 6)), unit.fingerprint))
    await unit.asked()
    town.now_us += DAY_US // 4
    assert problem(await unit.ask())[:2] == (410, "claim-over")
    town.clients.clear()
    assert problem(await claim(town, unit.code))[:2] == (410, "claim-over")


async def test_all_together_are_heard_only_so_often(town: Town) -> None:
    answers = [await Newcomer(town, address=f"2001:db8:{n:x}::1").ask() for n in range(125)]
    assert {answer.status_code for answer in answers[:120]} == {202}
    assert {answer.status_code for answer in answers[120:]} == {429}


async def test_two_codes_typed_at_once_give_two_names(town: Town) -> None:
    units = [Newcomer(town) for _ in range(5)]
    for unit in units:
        await unit.asked()
    answers = await asyncio.gather(*(claim(town, unit.code) for unit in units))
    assert sorted(answer.json()["unit"] for answer in answers) == [f"unit-{n}" for n in range(2, 7)]
    again = await asyncio.gather(*(claim(town, units[0].code) for _ in range(3)))
    assert {answer.status_code for answer in again} == {409}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"csr": "x"}, "enrolment.request"),
        (
            {"csr": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"},
            "enrolment.request",
        ),
        ({"claim": None}, "enrolment.claim"),
    ],
)
async def test_what_is_no_request(town: Town, changes: dict[str, Any], rule: str) -> None:
    assert problem(await Newcomer(town).ask(**changes)) == (422, "enrolment-refused", rule)


async def test_a_request_that_somebody_else_signed_is_none(town: Town) -> None:
    unit = Newcomer(town)
    lines = unit.request().splitlines()
    lines[-2] = lines[-2][:-8] + "AAAA" + lines[-2][-4:]  # the signature's end
    answer = await unit.ask(csr="\n".join(lines))
    assert problem(answer) == (422, "enrolment-refused", "enrolment.request")


# --- The next certificate ---------------------------------------------------------------------------------------


async def test_a_unit_in_use_has_its_next_certificate_by_itself(town: Town) -> None:
    unit = Newcomer(town)
    first = der((await unit.let_in())["certificate"])
    known = enrolment(town)
    renewals = Renewals(Enrolments(town.database), lambda: town.now_us, bytes)
    town.now_us += 5 * DAY_US
    assert (await renewals.renew(await known.admitted(first))).state == "confirmed"
    await certifying(town).look()
    row = await renewals.renew(await known.admitted(first))
    assert (row.state, row.client_id) == ("issued", None)

    second = der(row.certificate or "")
    assert (await known.admitted(first)).unit == "unit-2"  # until the new one is shown
    assert (await known.admitted(second)).unit == "unit-2"
    with pytest.raises(ProblemError):
        await known.admitted(first)
    assert (await renewals.renew(await known.admitted(second))).certificate == row.certificate  # not one more
    stored = await Units(town.database).get("unit-2")
    assert stored is not None and (stored.epoch, stored.key) == (1, spki(unit.key))
    assert len(list(town.log.find(Event.UNIT_ENROLLED.value))) == 1


async def test_a_unit_from_the_shelf_comes_back_by_one_operator(town: Town) -> None:
    unit = Newcomer(town)
    first = await unit.let_in()
    town.now_us += 30 * DAY_US
    town.clients.clear()
    with pytest.raises(ProblemError):
        await enrolment(town).admitted(der(first["certificate"]))
    name = await unit.asked(claim=None)
    (shown,) = (await (await town.client("operator")).get("/v1/enrolments")).json()
    assert (shown["kind"], shown["unit"], shown["enrolment"]) == ("renewal", "unit-2", name)
    assert (await confirm(town, name, unit.fingerprint)).status_code == 200
    await certifying(town).look()
    told = (await unit.look(name)).json()
    assert (await enrolment(town).admitted(der(told["certificate"]))).unit == "unit-2"


async def test_a_units_next_certificate_is_no_other_units(town: Town) -> None:
    unit, other = Newcomer(town), Newcomer(town)
    await unit.let_in()
    await other.let_in()
    row = await Units(town.database).get("unit-3")
    assert row is not None
    assert not await Units(town.database).renewed("unit-2", row.certificate_serial)


async def test_a_revoked_unit_gets_no_certificate(town: Town) -> None:
    unit = Newcomer(town)
    first = der((await unit.let_in())["certificate"])
    renewals = Renewals(Enrolments(town.database), lambda: town.now_us, bytes)
    await renewals.renew(await enrolment(town).admitted(first))
    await Units(town.database).revoke(RevocationRow("unit-2", 1, "stolen", "operator", town.now_us))
    await certifying(town).look()
    row = await Enrolments(town.database).of_key(spki(unit.key))
    assert row is not None and (row.state, row.certificate) == ("refused", None)
    answer = await unit.ask(claim=claim_proof(claim_code(b"again!"), unit.fingerprint))
    assert problem(answer) == (403, "certificate-refused", "unit.revoked")


# --- The keeper -------------------------------------------------------------------------------------------------


async def test_the_keeper_gives_no_name_to_a_second_key(town: Town) -> None:
    key, other = spki(ec.generate_private_key(ec.SECP256R1())), spki(ec.generate_private_key(ec.SECP256R1()))
    first = await town.keeper.certify("unit-9", key)
    assert await town.keeper.certify("unit-9", key) != first  # the next one
    await refused(town.keeper.certify("unit-9", other), "keeper.unit")
    await refused(town.keeper.certify("unit-8", key), "keeper.unit")
    await refused(town.keeper.certify(UNIT, other), "keeper.unit")  # the ceremony's
    assert x509.load_der_x509_certificate(await town.keeper.certify(UNIT, town.identity.public))
    assert [dict(leaf.ids) for _, leaf in town.log.find(Event.UNIT_ENROLLED.value)] == [{"unit": "unit-9"},
                                                                                        {"unit": UNIT}]  # fmt: skip


async def test_the_keeper_signs_for_no_unit_that_the_log_calls_revoked(town: Town) -> None:
    await town.deploy()
    await town.keeper.revoked(UNIT, 1)
    await refused(town.keeper.certify(UNIT, town.identity.public), "keeper.revoked")


async def test_the_keeper_signs_only_for_keys_of_units(town: Town) -> None:
    await refused(town.keeper.certify("unit-9", spki(ec.generate_private_key(ec.SECP384R1()))), "keeper.form")
    await refused(town.keeper.certify("unit-9", town.anchors.log_key), "keeper.key")
    await refused(town.keeper.certify("../unit", town.identity.public), "keeper.form")


async def test_while_the_log_cannot_be_written_a_unit_waits(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = Newcomer(town)
    shown = await unit.claimed()
    await confirm(town, shown["enrolment"], unit.fingerprint)
    disk_full(monkeypatch, True)
    task = asyncio.create_task(certifying(town).run())
    while town.keeper and (await town.keeper.status()).failing_since_us is None:
        await asyncio.sleep(0.01)
    assert (await unit.look(shown["enrolment"])).json()["state"] == "confirmed"
    assert await Units(town.database).get("unit-2") is None
    disk_full(monkeypatch, False)
    task.cancel()
    await certifying(town).look()
    assert (await unit.look(shown["enrolment"])).json()["state"] == "issued"


async def test_a_camera_that_is_anothers_meanwhile_is_said(town: Town) -> None:
    unit = Newcomer(town)
    shown = await unit.claimed()
    await confirm(town, shown["enrolment"], unit.fingerprint)
    async with town.database.transaction() as db:
        await db.run(
            "insert into units (unit, key, fingerprint, certificate_serial, epoch, state, enrolled_at_us, camera)"
            " values ('x', '1', '1', '1', 1, 'active', 0, :camera)",
            camera=shown["camera"],
        )
    await certifying(town).look()
    told = (await unit.look(shown["enrolment"])).json()
    assert told["state"] == "refused" and "camera-2" in told["reason"]
