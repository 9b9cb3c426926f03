#!/bin/sh
# As an inventory program of containers on hosts gives it: everything in one answer.
[ "$1" = --list ] || exit 2
cat <<'JSON'
{
  "_meta": {"hostvars": {
    "infra1": {"ansible_host": "172.29.236.11", "container_networks": {"mgmt": {"address": "172.29.236.11", "bridge": "br-mgmt"}}, "is_metal": true},
    "infra1_galera_container-5f2c": {"ansible_host": "172.29.237.4", "physical_host": "infra1", "properties": {"is_metal": false}},
    "compute1": {"ansible_host": "172.29.236.21", "note": {"__ansible_unsafe": "{{ as it is }}"}},
    "nowhere": {"never": "taken"}
  }},
  "all": {"vars": {"container_cidr": "172.29.236.0/22", "lxc_hosts": null}},
  "galera_all": {"children": ["galera"], "hosts": []},
  "galera": {"hosts": ["infra1_galera_container-5f2c"]},
  "infra_hosts": {"hosts": ["infra1"], "vars": {"affinity": {"galera": 1}}},
  "compute_hosts": ["compute1", "infra1"],
  "hosts": {"children": ["infra_hosts", "compute_hosts"]},
  "infra1_containers": {"hosts": ["infra1_galera_container-5f2c"]},
  "all_containers": {"children": ["infra1_containers", "not-described"]}
}
JSON
echo "a word of warning" >&2
