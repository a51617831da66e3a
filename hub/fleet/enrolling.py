# SPDX-License-Identifier: EUPL-1.2
"""The door for a unit without a certificate that counts: it asks here, waits, and is told how it stands.

Anybody on the network may ask, so little is done for it: the request must be signed by its own key, so many a minute
are heard from one address, so many from all keys that nobody vouched for and as many from those that somebody did, and
of those whose code nobody typed only so many are kept, the newest. None of them reaches a person until somebody typed
the code on its label. Who has the key, and nobody else, is told the rest.
"""

import base64
import logging
from collections.abc import Callable
from dataclasses import replace

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from contract.claim import enrolment_question
from contract.envelope import Signature, fingerprint, public_key, spki, verify
from hub.pace import Pace
from hub.problem import ProblemError
from hub.store.claims import Bounds, EnrolmentRow, Enrolments
from hub.store.units import UnitRow, Units

LASTS_US = 86_400_000_000  # from its first question a code may be typed, and an operator may confirm
BOUNDS = Bounds(of_address=8, of_all=64)
OF_ADDRESS_A_MINUTE, ALL_A_MINUTE = 12, 120
LOOKS_A_MINUTE = 600  # of one address, behind which many units may be
CODES_OF_KEY = 16  # a label is printed anew now and then
ES256_BYTES = 64
UNDECIDED = frozenset({"waiting", "claimed"})
logger = logging.getLogger(__name__)


class Door:
    """Takes questions, and answers them."""

    def __init__(
        self, enrolments: Enrolments, units: Units, now_us: Callable[[], int], random: Callable[[int], bytes]
    ) -> None:
        self._enrolments = enrolments
        self._units = units
        self._now_us = now_us
        self._random = random
        self._asked, self._all_asked = Pace(OF_ADDRESS_A_MINUTE, now_us), Pace(ALL_A_MINUTE, now_us)
        self._looked = Pace(LOOKS_A_MINUTE, now_us)

    async def ask(self, request: str, claim: str | None, source_note: str | None, address: str) -> EnrolmentRow:
        """A unit asks to be let in, or for a certificate in place of one that lapsed; once more it is the same.

        Args:
            request: PKCS#10, PEM. Of it the key alone is taken.
            claim: its proof of the code on its label; a unit that is known needs none.
            source_note: what stands for its camera, if that is none.
            address: where it asks from.

        Raises:
            ProblemError: too often, no request, no proof, a revoked unit, or a code that is over.
        """
        self._pace(self._asked, address)
        key = _requested(request)
        unit, known = await self._units.of_key(key), await self._enrolments.of_key(key)
        vouched = unit is not None or (known is not None and known.state != "waiting")
        self._pace(self._all_asked, "known" if vouched else "")
        if unit is not None and unit.state != "active":
            raise ProblemError("certificate-refused", rule="unit.revoked", reason="the unit was revoked")
        if unit is None and claim is None:
            raise ProblemError("enrolment-refused", rule="enrolment.claim", reason="a new unit proves its claim code")
        if known is not None and self._stands(known, unit, claim):
            return known
        row = self._row(key, unit, claim, source_note, address)
        if row.claim is not None:
            row = replace(row, asked_at_us=await self._first_asked(row, row.claim))
        await self._enrolments.ask(row, BOUNDS)
        return row

    async def look(self, enrolment: str, authorization: str, address: str) -> EnrolmentRow:
        """How an enrolment stands, for whoever has its key.

        Raises:
            ProblemError: there is none, the signature is not by its key, or its code is over.
        """
        self._pace(self._looked, address)
        row = await self._enrolments.get(enrolment)
        if row is None:
            raise ProblemError("not-found")
        if not _signed(row, authorization):
            raise ProblemError("enrolment-refused", rule="enrolment.key", reason="not signed by the key that asked")
        if row.kind == "new" and row.state in UNDECIDED and over(row, self._now_us()):
            raise ProblemError("claim-over")
        return row

    async def _first_asked(self, row: EnrolmentRow, claim: str) -> int:
        """When this key first proved this code, whatever it asked in between: a code lasts a day from then."""
        proofs = {proof.claim: proof.asked_at_us for proof in await self._enrolments.proofs_of(row.fingerprint)}
        if claim not in proofs and len(proofs) >= CODES_OF_KEY:
            raise ProblemError("enrolment-refused", rule="enrolment.claim", reason="its key proved too many codes")
        first_us = proofs.get(claim, row.asked_at_us)
        if row.asked_at_us >= first_us + LASTS_US:
            raise ProblemError("claim-over")
        return first_us

    def _stands(self, known: EnrolmentRow, unit: UnitRow | None, claim: str | None) -> bool:
        """Whether a question that was asked before still is the question."""
        late = over(known, self._now_us())
        if unit is not None:
            return not late and known.state != "refused"
        if known.state == "confirmed" or (known.state == "claimed" and not late):
            return True
        if known.claim != claim:
            return False  # another code was printed
        if late and known.state in UNDECIDED:
            raise ProblemError("claim-over")
        return True

    def _row(
        self, key: bytes, unit: UnitRow | None, claim: str | None, source_note: str | None, address: str
    ) -> EnrolmentRow:
        now_us = self._now_us()
        return EnrolmentRow(
            id=self._random(16).hex(),
            kind="new" if unit is None else "renewal",
            key=key,
            fingerprint=fingerprint(key),
            claim=claim if unit is None else None,
            source_note=source_note if unit is None else unit.source_note,
            address=address,
            state="waiting" if unit is None else "claimed",
            asked_at_us=now_us,
            changed_at_us=now_us,
            unit=None if unit is None else unit.unit,
            camera=None if unit is None else unit.camera,
        )

    @staticmethod
    def _pace(pace: Pace, name: str) -> None:
        wait_us = pace.wait_us(name)
        if wait_us:
            raise ProblemError("too-many-attempts", retry_after_s=-(-wait_us // 1_000_000))


def over(row: EnrolmentRow, now_us: int) -> bool:
    """Whether its day is past."""
    return now_us >= row.asked_at_us + LASTS_US


def _requested(pem: str) -> bytes:
    """The key (SPKI) of a request that is signed by it."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = request.public_key()
        signed = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ProblemError("enrolment-refused", rule="enrolment.request", reason="not a request (PKCS #10)") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1) or not signed:
        raise ProblemError("enrolment-refused", rule="enrolment.request", reason="not signed by its own P-256 key")
    return spki(key)


def _signed(row: EnrolmentRow, authorization: str) -> bool:
    """Whether a header `Flexzicht <base64>` holds the signature (P1363) of the row's key over its id."""
    scheme, _, given = authorization.partition(" ")
    try:
        raw = base64.b64decode(given, validate=True)
    except ValueError:  # binascii.Error is one, and so is what a letter that is not ASCII raises
        return False
    if scheme != "Flexzicht" or len(raw) != ES256_BYTES:
        return False
    return verify(enrolment_question(row.id), Signature("es256", row.fingerprint, raw), public_key(row.key))
