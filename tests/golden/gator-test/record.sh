#!/bin/sh
# Records what `gator test -o json` of v3.23.1 answers to each file, and to those that its first
# line names (`# beside`): GATOR=path/to/gator ./record.sh
# Indentation is left out. What it says beside its answer is recorded behind `#`.
set -u
cd "$(dirname "$0")" || exit 1
said=$(mktemp)
out=$(mktemp)
for file in *.yaml; do
    set -- -f "$file"
    for other in $(sed -n -e '1s/^# beside //p' "$file"); do
        set -- "$@" -f "$other"
    done
    {
        "${GATOR:-gator}" test "$@" -o json </dev/null >"$out" 2>"$said"
        code=$?
        sed -e 's/^ *//' "$out"
        [ -s "$out" ] && echo
        echo "exit $code"
        grep -v WARNING "$said" | sed -e 's/^/# /' -e 's/ *$//'
    } >"${file%.yaml}.txt"
done
rm -f "$said" "$out"
