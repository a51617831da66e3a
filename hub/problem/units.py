# SPDX-License-Identifier: EUPL-1.2
"""Refusals about units and what they send."""

from collections.abc import Mapping

from hub.problem.kind import Kind

KINDS: Mapping[str, Kind] = {
    "unit-unknown": Kind(
        422,
        ("No such unit", "There is no unit {unit} in use with camera {camera}."),
        ("Geen unit", "Er is geen unit {unit} in gebruik met camera {camera}."),
    ),
    "camera-taken": Kind(
        409,
        ("The camera has a unit already", "Camera {camera} is unit {unit}'s: give this unit's camera another name."),
        ("De camera heeft al een unit", "Camera {camera} is van unit {unit}: geef deze camera een andere naam."),
    ),
    "unit-revoked": Kind(
        409,
        ("The unit was revoked", "Unit {unit} was revoked and does not come back under this name."),
        ("De unit is ingetrokken", "Unit {unit} is ingetrokken en komt onder deze naam niet terug."),
    ),
    "certificate-refused": Kind(
        403,
        ("The certificate is refused", "{reason}."),
        ("Het certificaat is geweigerd", "{reason}."),
    ),
    "row-unknown": Kind(
        409,
        ("Index row not here yet", "No index row is known for this segment yet; send it again later."),
        ("Indexregel nog niet hier", "Voor dit segment is nog geen indexregel bekend; stuur het later opnieuw."),
    ),
    "segment-refused": Kind(
        422,
        ("The segment is refused", "{reason}."),
        ("Het segment is geweigerd", "{reason}."),
    ),
    "offset-differs": Kind(
        409,
        ("Another place", "{offset} bytes of the segment are here; go on from there."),
        ("Een andere plaats", "Van het segment zijn {offset} bytes hier; ga daar verder."),
    ),
    "storage-unavailable": Kind(
        503,
        ("No room", "The segment could not be stored; keep it and send it again later."),
        ("Geen ruimte", "Het segment kon niet worden bewaard; houd het en stuur het later opnieuw."),
    ),
}
