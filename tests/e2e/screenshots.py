"""Takes the pictures of the documents: ``python -m tests.e2e.screenshots [PART …]``."""

from __future__ import annotations

import asyncio
import sys

from callcenter.log import configure
from tests.e2e import (
    company_screenshots,
    crm_screenshots,
    demo_screenshots,
    phone_screenshots,
    routing_screenshots,
)
from tests.e2e.pictures import IMAGES

PARTS = {
    "demo": demo_screenshots.main,
    "phone": phone_screenshots.main,
    "routing": routing_screenshots.main,
    "crm": crm_screenshots.main,
    "company": company_screenshots.main,
}


async def main(*wanted: str) -> None:
    """Each part has a house of its own, one after the other."""
    configure("warning", "json")
    IMAGES.mkdir(exist_ok=True)
    for name in wanted or PARTS:
        await PARTS[name]()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
