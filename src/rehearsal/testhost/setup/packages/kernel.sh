#!/bin/sh
# What shares processors and memory out on a real host. All of it stays off until a model or a runbook starts it.
set -eu
apt-get update -qq
apt-get install -y --no-install-recommends tuned irqbalance zram-tools
rm -rf /var/lib/apt/lists/*
apt-get clean
systemctl disable --quiet tuned.service irqbalance.service zramswap.service
# It comes with tuned's polkit, and would start a manager of units for each login.
pam-auth-update --package --remove systemd
