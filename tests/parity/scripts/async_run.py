"""A coroutine: Microsoft's current server never awaits it, ours does (E-12)."""

import asyncio


def init():
    pass


async def run(data):
    await asyncio.sleep(0)
    return data
