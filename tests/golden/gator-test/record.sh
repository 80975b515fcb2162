#!/bin/sh
# Records what `gator test -o json` of v3.23.1 answers to each file, and to those that a line of it
# names (`# beside`), with the flags of another (`# with`): GATOR=path/to/gator ./record.sh
# Indentation of JSON is left out. What it says beside its answer is recorded behind `#`.
set -u
cd "$(dirname "$0")" || exit 1
said=$(mktemp)
out=$(mktemp)
for file in *.yaml; do
    set -- -f "$file"
    for other in $(sed -n -e 's/^# beside //p' "$file"); do
        set -- "$@" -f "$other"
    done
    indented='s/^ *//'
    flags=$(sed -n -e 's/^# with //p' "$file")
    case $flags in
    *-o=yaml*) indented='' ;;
    esac
    {
        "${GATOR:-gator}" test "$@" -o json $flags </dev/null >"$out" 2>"$said"
        code=$?
        sed -e "$indented" "$out"
        [ -n "$(tail -c 1 "$out")" ] && echo
        echo "exit $code"
        grep -v WARNING "$said" | sed -e 's/^/# /' -e 's/ *$//'
    } >"${file%.yaml}.txt"
done
rm -f "$said" "$out"
