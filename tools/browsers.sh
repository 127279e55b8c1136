#!/bin/sh
# Sees to it that browsers are here:  sh tools/browsers.sh chromium firefox webkitgtk window
# Root's apt installs what is missing (in CI also sudo's); elsewhere, or when that fails, it says so and goes on.
set -eu

missing=""
shell=chromium-headless-shell
gtk='import gi; gi.require_version("Gtk", "3.0"); gi.require_version("WebKit2", "4.1")'

# has PROGRAM...: one of them is here
has() {
    for program in "$@"; do
        if command -v "$program" >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

# need PACKAGE PROGRAM...: the package is missing when none of the programs is here
need() {
    package=$1
    shift
    has "$@" || missing="$missing $package"
}

# without_shell: Chromium itself is missing instead, unless it is here
without_shell() {
    wanted=$missing
    missing=""
    for package in $wanted; do
        if [ "$package" != "$shell" ]; then
            missing="$missing $package"
        elif ! has chromium chromium-browser google-chrome; then
            missing="$missing chromium"
        fi
    done
}

say() { echo "browsers: $1"; }

install() {
    sudo=""
    if [ "$(id -u)" != 0 ]; then
        [ -n "${CI:-}" ] || return 1
        sudo="sudo -n"
    fi
    command -v apt-get >/dev/null 2>&1 || return 1
    $sudo apt-get update -q || say "the list of packages could not be renewed"
    apt-cache show "$shell" >/dev/null 2>&1 || without_shell
    [ -n "$missing" ] || return 0
    say "installing$missing"
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
}

for browser in "$@"; do
    case $browser in
    chromium)
        # Chromium without a window, which takes half the time
        need "$shell" "$shell"
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
    window)
        # pywebview's, for Debian's own Python
        need xvfb Xvfb
        /usr/bin/python3 -c "$gtk" 2>/dev/null || missing="$missing python3-gi gir1.2-gtk-3.0 gir1.2-webkit2-4.1"
        ;;
    *)
        say "there is no $browser" >&2
        exit 2
        ;;
    esac
done

[ -z "$missing" ] || ! install || exit 0
without_shell
[ -z "$missing" ] || {
    say "not here, and what needs it is left out:$missing. On Debian and Ubuntu:"
    say "    sudo apt-get install --no-install-recommends$missing"
}
