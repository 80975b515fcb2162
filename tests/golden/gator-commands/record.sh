#!/bin/sh
# Records what gator v3.23.1 does with each line of given.txt, in a folder of its own that holds
# what is in `files`, and an empty folder `empty`: GATOR=path/to/gator ./record.sh
# Of each: the line behind `$`, the exit code, standard output behind `>`, how standard error begins behind
# `#`, and the files that were written, their texts behind `|`. A text without a line end at its
# end has `\` there.
set -u
cd "$(dirname "$0")" || exit 1
here=$PWD
scratch=$(mktemp -d)
shown() {
    [ -s "$2" ] || return 0
    sed -e "s#$scratch/w#W#g" -e "s#${scratch#/}/w#W#g" -e "s/^/$1/" "$2"
    [ -z "$(tail -c 1 "$2")" ] || printf '\n\\\n'
}
while IFS= read -r line; do
    rm -rf "$scratch/w"
    cp -r files "$scratch/w"
    mkdir "$scratch/w/empty"
    cd "$scratch/w" || exit 1
    case $line in
    *' < '*) given= ;;
    *) given='</dev/null' ;;
    esac
    eval "${GATOR:-gator} $line $given" >"$scratch/out" 2>"$scratch/err"
    code=$?
    cd "$here" || exit 1
    echo "\$ $line"
    echo "exit $code"
    shown '>' "$scratch/out"
    sed -e 's/^[0-9/]* [0-9:]* WARNING/WARNING/' -e '/^$/d' "$scratch/err" | head -3 >"$scratch/said"
    shown '#' "$scratch/said"
    (cd "$scratch/w" && find . -type f | LC_ALL=C sort) | while IFS= read -r file; do
        cmp -s "files/$file" "$scratch/w/$file" && continue
        echo "file ${file#./}"
        shown '|' "$scratch/w/$file"
    done
done <given.txt >"$scratch/answers"
mv "$scratch/answers" answers.txt
rm -r "$scratch"
