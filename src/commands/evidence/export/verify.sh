#!/bin/sh
# Checks exported evidence without lifeboat: sh verify.sh [ANCHOR], where ANCHOR is the anchor.txt of an earlier export.
# Needs openssl 3.0 or later, sha256sum, and the usual tools of a POSIX system. What it proves is told in README.txt.
set -eu
anchor=
if [ $# -gt 0 ]; then
    anchor=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
    [ -r "$anchor" ] || { echo "cannot read $1" >&2; exit 2; }
fi
cd "$(dirname "$0")"
for tool in openssl sha256sum sed sort; do
    command -v "$tool" >/dev/null || { echo "$tool is needed" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: > "$work/bad"
: > "$work/chains"

bad() {
    echo "BAD $1: $2" | tee -a "$work/bad"
}

hash_of() {
    sha256sum < "$1" | cut -d ' ' -f 1
}

# Whether a record is here, or was left out because it is too old.
known() {
    [ -f "envelopes/$1-$2-$3.json" ] || grep -qx "$1 $2 $3" left-out.txt
}

# The key has to be the one that the records were exported with.
openssl pkey -pubin -in evidence-key.pem -outform DER -out "$work/key"
key=$(hash_of "$work/key")
[ "$key" = "@KEY@" ] || bad evidence-key.pem "it is not the key of the export"

# Each record: its bytes are those of its name, the signature is good, and it says that it is what its name says.
for file in envelopes/*.json; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .json)
    writer=${name%%-*}
    rest=${name#*-}
    number=${rest%%-*}
    hash=${rest#*-}
    [ "$(hash_of "$file")" = "$hash" ] || { bad "$file" "its bytes are not those of its name"; continue; }
    sed -n 's/^{"payload":"\([^"]*\)","payloadType":"application\/vnd\.in-toto+json",.*/\1/p' "$file" |
        openssl base64 -d -A > "$work/statement"
    sed -n 's/.*{"keyid":"'"$key"'","sig":"\([^"]*\)"}.*/\1/p' "$file" | openssl base64 -d -A > "$work/signature"
    { printf 'DSSEv1 28 application/vnd.in-toto+json %s ' "$(($(wc -c < "$work/statement")))"; cat "$work/statement"; } > "$work/signed"
    openssl pkeyutl -verify -pubin -inkey evidence-key.pem -rawin -in "$work/signed" -sigfile "$work/signature" \
        >/dev/null 2>&1 || { bad "$file" "no good signature"; continue; }
    sed -n 's/.*"predicate":{"schema":"lifeboat.drill-evidence\/v1","chain":{"writer":"\([0-9a-f]*\)","seq":\([0-9]*\),"prev":"\{0,1\}\([0-9a-fnul]*\)"\{0,1\},"others":\[\([^]]*\)\].*/\1 \2 \3 \4/p' \
        "$work/statement" > "$work/chain"
    # The last line of what is no text file has no end.
    said_writer=
    read -r said_writer said_number prev others < "$work/chain" || [ -n "$said_writer" ] ||
        { bad "$file" "it is no record"; continue; }
    [ "$said_writer $said_number" = "$writer $number" ] || { bad "$file" "it says that it is another record"; continue; }
    echo "$writer $number $hash $prev" >> "$work/chains"
    # Records of other writers that this one names.
    printf '%s\n' "$others" | tr '}' '\n' |
        sed -n 's/.*"writer":"\([0-9a-f]*\)","seq":\([0-9]*\),"sha256":"\([0-9a-f]*\)".*/\1 \2 \3/p' |
        while read -r other_writer other_number other_hash; do
            known "$other_writer" "$other_number" "$other_hash" ||
                bad "$other_writer-$other_number" "missing as it was; $name names it"
        done
done

# Each chain: numbers without gaps, each record bound to the one before.
sort -k 1,1 -k 2,2n "$work/chains" > "$work/sorted"
last_writer= last_number= last_hash=
while read -r writer number hash prev; do
    if [ "$writer" = "$last_writer" ] && [ "$number" = "$last_number" ]; then
        bad "$writer-$number" "there are several records of this number"
    elif [ "$writer" = "$last_writer" ]; then
        [ "$number" = "$((last_number + 1))" ] || bad "$writer-$((last_number + 1))" "missing"
        [ "$number" != "$((last_number + 1))" ] || [ "$prev" = "$last_hash" ] ||
            bad "$writer-$number" "it does not follow the record before it"
    elif [ "$number" = 0 ]; then
        [ "$prev" = null ] || bad "$writer-0" "it is the first, and names one before it"
    else
        known "$writer" "$((number - 1))" "$prev" || bad "$writer-$((number - 1))" "missing"
    fi
    last_writer=$writer last_number=$number last_hash=$hash
done < "$work/sorted"

# What somebody remembers.
cat anchor.txt ${anchor:+"$anchor"} | sed -e 's/\r$//' -e '/^#/d' -e '/^$/d' | while read -r writer number hash; do
    known "$writer" "$number" "$hash" || bad "$writer-$number" "missing as it was; an anchor names it"
done

records=$(($(wc -l < "$work/sorted")))
writers=$(($(cut -d ' ' -f 1 "$work/sorted" | sort -u | wc -l)))
if [ -s "$work/bad" ]; then
    echo "NOT TO BE TRUSTED: $(($(wc -l < "$work/bad"))) problems; $records good signatures of key $key"
    exit 1
fi
[ "$records" -gt 0 ] || { echo "nothing is here, so nothing is proved" >&2; exit 1; }
echo "$records records of $writers writers are as they were signed by key $key, and none that they name is missing"
