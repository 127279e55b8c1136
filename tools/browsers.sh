#!/bin/sh
# Sees to it that browsers are here:  sh tools/browsers.sh chromium firefox webkitgtk
# Root's apt installs what is missing (in CI also sudo's); elsewhere, or when that fails, it says so and goes on.
set -eu

missing=""

# need PACKAGE PROGRAM...: the package is missing when none of the programs is here
need() {
    package=$1
    shift
    for program in "$@"; do
        if command -v "$program" >/dev/null 2>&1; then return; fi
    done
    missing="$missing $package"
}

say() { echo "browsers: $1"; }

install() {
    sudo=""
    if [ "$(id -u)" != 0 ]; then
        [ -n "${CI:-}" ] || return 1
        sudo="sudo -n"
    fi
    command -v apt-get >/dev/null 2>&1 || return 1
    say "installing$missing"
    $sudo apt-get update -q || say "the list of packages could not be renewed"
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
}

for browser in "$@"; do
    case $browser in
    chromium)
        need chromium chromium chromium-browser google-chrome
        # emoji are boxes without it
        [ -e /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf ] || missing="$missing fonts-noto-color-emoji"
        ;;
    firefox)
        need firefox-esr firefox-esr firefox
        ;;
    webkitgtk)
        need webkit2gtk-driver WebKitWebDriver
        need xvfb Xvfb
        ;;
    *)
        say "there is no $browser" >&2
        exit 2
        ;;
    esac
done

if [ -n "$missing" ] && ! install; then
    say "not here, and what needs it is left out:$missing. On Debian and Ubuntu:"
    say "    sudo apt-get install --no-install-recommends$missing"
fi
