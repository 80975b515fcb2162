#!/bin/sh
# Records what `gator verify -v` says of each scenario: GATOR=path/to/gator ./record.sh
# Times are masked, and so is the place of the checkout.
set -u
cd "$(dirname "$0")" || exit 1
here=$(pwd)
below=${here#/}
for folder in */; do
    folder=${folder%/}
    [ -f "$folder/suite.yaml" ] || continue
    {
        "${GATOR:-gator}" verify -v "$folder" 2>&1
        echo "exit $?"
    } | sed -E -e "s|$below/||g" -e 's/\(?[0-9]+\.[0-9]{3}s\)?$/TIME/' >"$folder/gator.txt"
done
