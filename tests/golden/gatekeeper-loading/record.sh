#!/bin/sh
# Records what `gator test` of v3.23.1 answers to each line of given.tsv: a name, and documents, or
# the names of documents in documents.tsv: GATOR=path/to/gator ./record.sh
# An answer is the name, the exit code, and the lines of the results in order, or the error.
set -u
cd "$(dirname "$0")" || exit 1
folder=$(mktemp -d)
awk -F '\t' -v OFS='\t' '
    NR == FNR { documents[$1] = $2; next }
    { for (i = 2; i <= NF; i++) if ($i in documents) $i = documents[$i]; print }
' documents.tsv given.tsv | while IFS= read -r line; do
    printf '%s\n' "$line" | cut -f 2- | sed 's/	/\n---\n/g' >"$folder/given.yaml"
    "${GATOR:-gator}" test -f "$folder/given.yaml" </dev/null >"$folder/out" 2>"$folder/said"
    code=$?
    printf '%s\t%s' "${line%%	*}" "$code"
    LC_ALL=C sort "$folder/out" | sed 's/	/ /g' | while IFS= read -r result; do
        printf '\t%s' "$result"
    done
    grep -v WARNING "$folder/said" | head -1 | sed "s/mutation [0-9a-f-]* for/mutation ID for/" | cut -c 1-200 | while IFS= read -r said; do
        printf '\t# %s' "$said"
    done
    printf '\n'
done >"$folder/answers.tsv"
mv "$folder/answers.tsv" answers.tsv
rm -r "$folder"
