# Everything a person types. Each target does its own set-up; the second time that costs nothing.
.DEFAULT_GOAL := help
.PHONY: help run test check format bench torture replay lock clean
SHELL := /bin/sh
PY := .venv/bin/python
# More words for pytest, for example: make test ARGS="-k outbox"
ARGS ?=

help:  ## 列出所有命令
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run:  ## 启动送暖（第一次会自动安装）
	@sh tools/setup.sh run
	@exec .venv/bin/songnuan run

test: check  ## 全部检查和测试，SQLite 与 PostgreSQL 各一遍
	@$(PY) -m tests $(ARGS)

check:  ## 代码、类型、文案和配置的检查，不到一分钟
	@sh tools/setup.sh test
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet . || { echo "格式不统一，请运行 make format"; exit 1; }
	@$(PY) -m mypy
	@$(PY) -m tests.arrows
	@.venv/bin/songnuan check

format:  ## 统一代码格式，顺手修掉能自动修的问题
	@sh tools/setup.sh test
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

bench:  ## 性能测试，与同类软件比较
	@sh tools/setup.sh bench
	@$(PY) -m bench $(ARGS)

torture:  ## 反复断电断网的长时间测试
	@sh tools/setup.sh test
	@$(PY) -m tests.torture $(ARGS)

replay:  ## 把 2020 年那次回访重演一遍：3,700 户，567 户有难处，17.6 万元，数字对到分
	@sh tools/setup.sh test
	@$(PY) -m tests.replay $(ARGS)

lock:  ## 重新锁定依赖版本（UPGRADE=1 时一并升级）
	@sh tools/setup.sh test
	@sh tools/lock.sh

clean:  ## 删掉安装和测试产生的文件，不动数据
	@rm -rf .venv tests/npm/node_modules test-output build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
