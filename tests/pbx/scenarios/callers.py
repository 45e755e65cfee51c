"""Names and numbers of callers, from the unusual to the hostile."""

from __future__ import annotations

import asyncio

from tests.pbx.scenarios.script import CUSTOMER, Scene, Truth, inbound, queue_to, scenario, talk


async def _named(scene: Scene, *callers: tuple[str, str]) -> list[Truth]:
    (a,) = scene.phones("1001")
    truths = []
    for number, name in callers:
        customer = await scene.customer_calls(caller=number, name=name)
        taken = await a.next_call()
        await asyncio.sleep(0.3)
        await taken.answer()
        await talk()
        await customer.hang_up()
        await taken.ended()
        more: Truth = {"caller": number, "caller_name": name, "answered_by": ["1001"]}
        truths.append(inbound("answered", ended_by="outside", **more))
    return truths


@scenario("1001")
async def chinese_caller_name(scene: Scene) -> list[Truth]:
    """A customer with a Chinese display name calls support; 1001 answers."""
    return await _named(scene, (CUSTOMER, "王芳（上海）"))


@scenario("1001")
async def hostile_caller_name(scene: Scene) -> list[Truth]:
    """Three customers with display names that are markup, quoting and a manager event call
    support one after the other; 1001 answers each."""
    return await _named(
        scene,
        (CUSTOMER, "<img src=x onerror=alert(1)>"),
        ("+8613800138001", 'O\'Brien "Bob" \\ 100%'),
        ("+8613800138002", "Event: Newexten"),
    )


@scenario("1001")
async def hostile_caller_number(scene: Scene) -> list[Truth]:
    """The caller's number holds line ends and a made-up Hangup event, as on a PBX that lets them
    in; 1001 answers. Nothing that the number says may be believed."""
    (a,) = scene.phones("1001")
    customer, taken = await queue_to(scene, a, "8066")
    await customer.hang_up()
    await taken.ended()
    truth = inbound("answered", dialled="8066", answered_by=["1001"], ended_by="outside")
    return [truth | {"caller": "100"}]


@scenario("1001")
async def anonymous_caller(scene: Scene) -> list[Truth]:
    """A customer who withholds the number calls support; 1001 answers."""
    return await _named(scene, ("anonymous", "Anonymous"))
