#!/bin/sh
# The page comes later; its tests will drive Chromium. No test of today needs it.
set -eu
if command -v chromium >/dev/null 2>&1; then
    echo "Chromium is here. No test uses it yet: the page is still to come."
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-noto-color-emoji
else
    echo "No Chromium here. No test uses it yet: the page is still to come."
    echo "On Debian or Ubuntu: sudo apt install chromium fonts-noto-color-emoji"
fi
