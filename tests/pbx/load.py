"""Many customers at once, each with a number and a name of its own."""

from __future__ import annotations

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.callers import NUMBERED, customer_calls


async def customers_call(
    pbx: Asterisk, number: str, calls: int, *, per_second: float = 5.0, talk: float = 3.0
) -> str:
    """Place `calls` calls over the trunk, each ended by the customer after `talk` seconds; returns
    what SIPp printed, and raises PbxError when a call did not go as the scenario says."""
    return await customer_calls(
        pbx, number, caller=NUMBERED, stay=talk, calls=calls, per_second=per_second
    )
