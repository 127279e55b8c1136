"""The web server: the page, and an API for it, on this machine.

runner.py        start and stop
application.py   routes and guard put together
routes.py        what a route is: its permission, and schemas of what it takes and gives
guard.py         who may call: Host, Origin, session, size and form of what is sent
origins.py       pages of other sites that are named
sessions.py      the sessions of the owner's pages
pages.py         HTML and files
errors.py        every error as JSON
...              and a module for each part of the API, with its ROUTES
"""
