# Sourced by quickstart and test: what rt0 needs on this machine, said before it is installed, and a configured build.
# Debian 12 and later, Ubuntu 22.04 and later. Everything else: install the same packages and both commands go on.

rt0_packages="g++ cmake ninja-build pkg-config libzydis-dev libfmt-dev libspdlog-dev libcli11-dev nlohmann-json3-dev
  libzstd-dev libxxhash-dev libdw-dev libedit-dev catch2 gdb golang-go"

rt0_say() { printf '== %s\n' "$*"; }

# Installs what is missing of $1…; needs no network when nothing is.
rt0_install() {
  local package missing=""
  command -v dpkg-query >/dev/null || { rt0_say "no dpkg here: assuming that these are installed: $*"; return 0; }
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
  done
  if [ -z "$missing" ]; then
    rt0_say "nothing to install: every package that rt0 needs is here"
    return 0
  fi
  local sudo=""
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { rt0_say "please install, as root: apt-get install$missing"; return 1; }
    sudo=sudo
  fi
  rt0_say "installing with apt-get:$missing"
  # shellcheck disable=SC2086
  $sudo apt-get update -qq &&
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
      # Go is a convenience: without it rt0 has no built-in program, but runs others.
      case "$missing" in *golang-go*)
        rt0_say "that failed; trying without golang-go (rt0 will have no built-in program)"
        # shellcheck disable=SC2086
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${missing/golang-go/} >/dev/null ;;
      *) return 1 ;;
      esac
    }
}

# Configures $1 (source) into $2 (build folder) as Release, with further options $3….
rt0_configure() {
  local source=$1 build=$2
  shift 2
  rt0_say "configuring $build (Release)"
  cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@" >"$build.log" 2>&1 || { cat "$build.log"; return 1; }
  rm -f "$build.log"
}
