"""Where the page is shown when it is no browser: a window of the desktop."""
