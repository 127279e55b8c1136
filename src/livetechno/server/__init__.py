"""The web server: the page, and an API for it, on this machine.

runner.py        start and stop
application.py   routes and guard put together
routes.py        what a route is: its permission, and schemas of what it takes and gives
guard.py         who may call: Host, Origin, credential, limits, form of what is sent
callers.py       who that is: owner, access key or visitor, and what each may
limits.py        how often, and how many at once
bodies.py        what is sent, read and checked
origins.py       pages of other sites that are named
sessions.py      the sessions of the owner's pages
visitors.py      the server that is deployed for sites, and their visitors
pages.py         HTML and files
errors.py        every error as JSON
...              and a module for each part of the API, with its ROUTES
"""
