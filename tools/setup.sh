#!/bin/sh
# Makes .venv and installs one lock file into it: sh tools/setup.sh run|wechat|test|bench
# A stamp remembers what was installed, so a second call returns at once.
set -eu
cd "$(dirname "$0")/.."

# Each kind holds everything of the kinds before it, so a stamp of a later one serves as well.
case "${1:-}" in
    run) lock=requirements.lock serves="run wechat test bench" ;;
    wechat) lock=requirements-wechat.lock serves="wechat test bench" ;;
    test) lock=requirements-dev.lock serves="test bench" ;;
    bench) lock=requirements-bench.lock serves="bench" ;;
    *) echo "usage: sh tools/setup.sh run|wechat|test|bench" >&2 && exit 2 ;;
esac

kind=$1
# Who once asked for WeChat keeps it when the locks change.
[ "$kind" = run ] && [ -e .venv/.ready-wechat ] && kind=wechat lock=requirements-wechat.lock

python=.venv/bin/python
want="$PWD $(cat requirements*.lock pyproject.toml tools/setup.sh | cksum)"
# These come as sources only; they are built by the locked backend, so nothing unlocked is ever fetched.
sources="betterproto opengraph-py3 stringcase"

suitable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' >/dev/null 2>&1
}

ready() {
    [ -x "$python" ] || return 1
    for later in $serves; do
        [ "$(cat ".venv/.ready-$later" 2>/dev/null)" = "$want" ] && return 0
    done
    return 1
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if suitable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "没有找到合适的 Python：需要 3.11 到 3.14，并带 venv 模块。" >&2
    echo "  Debian、Ubuntu:apt-get install python3 python3-venv" >&2
    echo "  装在别处的话，请写明位置：make run PYTHON=/opt/python3.12/bin/python3" >&2
    return 1
}

make_venv() {
    # A folder that was moved has scripts that point to the old place; an upgraded system has dead links.
    home=$(cat .venv/.home 2>/dev/null || echo "$PWD")
    if [ "$home" = "$PWD" ] && [ -x "$python" ] && suitable "$python"; then
        return
    fi
    base=$(find_python)
    rm -rf .venv
    "$base" -m venv .venv
}

pinned() {
    # The entries of the named packages, each with its hashes.
    awk -v names=" $* " '/^[a-z]/ { split($1, part, "=="); take = index(names, " " part[1] " ") } take' "$lock"
}

install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$python" -m pip install -qq --no-input "$@" && return
    echo "安装没有完成。请看上面的原因；多半是网络，换一个 pip 镜像(PIP_INDEX_URL)再试一次。" >&2
    return 1
}

ready && exit 0
make_venv
echo "$PWD" >.venv/.home
echo "正在安装 $lock，第一次要一两分钟……"
if [ "$kind" != run ]; then
    pinned setuptools >.venv/.backend && install --require-hashes --requirement .venv/.backend
    # shellcheck disable=SC2086
    pinned $sources >.venv/.sources && install --require-hashes --no-deps --no-build-isolation --requirement .venv/.sources
fi
install --require-hashes --requirement "$lock"
install --no-deps --no-build-isolation --editable .
echo "$want" >".venv/.ready-$kind"
