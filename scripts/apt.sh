# Sourced, not run: Debian packages that a script needs, installed only where they are missing.

say() {
    printf '== %s\n' "$*"
}

# apt_install PURPOSE PACKAGE... : status 0 once every package is installed; else prints the line that installs them.
apt_install() {
    local purpose=$1 package missing=() root=() line
    shift
    for package; do
        [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) == ii* ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    line="apt-get install -y --no-install-recommends ${missing[*]}"
    if ! command -v apt-get >/dev/null; then
        say "missing for $purpose; not a Debian system, so install its equivalents of: ${missing[*]}"
        return 1
    fi
    if ((EUID != 0)); then
        root=(sudo)
        [[ -t 0 ]] || root+=(--non-interactive)
        say "missing for $purpose: ${missing[*]}; installing them needs root"
        if ! command -v sudo >/dev/null || ! "${root[@]}" true; then
            say "not root, and sudo did not help; run this line as root: apt-get update && $line"
            return 1
        fi
    fi
    say "installing for $purpose: ${root[*]:+sudo }$line"
    root+=(env DEBIAN_FRONTEND=noninteractive)
    "${root[@]}" apt-get -qq update </dev/null || true  # a stale list may do
    if ! "${root[@]}" apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 \
        install "${missing[@]}" </dev/null >/dev/null; then
        say "apt-get failed; run this line as root: apt-get update && $line"
        return 1
    fi
}
