"""A pass-through as plain as aiohttp makes it: no keys, no limits, no books. What it costs, none can avoid.

python bench/bare.py UPSTREAM       prints the address it listens on, then serves until it is ended
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import aiohttp
import uvloop
from aiohttp import web

PASSED_ON = ("Content-Type", "Accept", "Authorization")
SESSION: web.AppKey[aiohttp.ClientSession] = web.AppKey("session", aiohttp.ClientSession)


async def passing(request: web.Request) -> web.StreamResponse:
    headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    url = sys.argv[1].removesuffix("/v1") + request.path
    async with request.app[SESSION].post(url, data=await request.read(), headers=headers) as answer:
        if answer.content_type != "text/event-stream":
            return web.Response(
                body=await answer.read(), status=answer.status, content_type=answer.content_type
            )
        response = web.StreamResponse(status=answer.status, headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        async for data in answer.content.iter_any():
            await response.write(data)
        await response.write_eof()
        return response


async def session(application: web.Application) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as application[SESSION]:
        yield


async def main() -> None:
    application = web.Application()
    application.cleanup_ctx.append(session)
    application.router.add_post("/v1/{path:.*}", passing)
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main())
