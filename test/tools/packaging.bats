# What is installed for other systems: rules, a dashboard, a pod, a systemd drop-in. Each is checked as far as this machine can;
# Prometheus itself reads them in services/prometheus.bats.
load command
PACKAGING=$TOP/tools/packaging

families() { # the names of samples, as metrics_format.h has them
  sed -nE 's/^  X\([A-Z_]+, "([a-z_]+)", METRIC_([A-Z]+),.*/\1 \2/p' "$TOP/shim/metrics_format.h" |
    sed 's/ INFO/_info/; s/ COUNTER/_total/; s/ GAUGE//'
}

@test "rules and dashboard name metrics that there are, and no others" {
  local name
  (($(families | wc -l) > 20))
  for name in $(grep -ohE '\barenashim_[a-z_]+' "$PACKAGING/prometheus/arenashim.rules.yml" "$PACKAGING/grafana/arenashim.json" | sort -u); do
    families | grep -qx "$name" || { echo "$name"; return 1; }
  done
}

@test "the dashboard is what Grafana imports" {
  /usr/bin/python3 - "$PACKAGING/grafana/arenashim.json" "$HERE/schemas/grafana.json" <<'END'
import json, jsonschema, sys
board, schema = (json.load(open(f)) for f in sys.argv[1:])
check = jsonschema.Draft202012Validator(schema)
check.validate(board)
# no two panels have one number or overlap, and each variable that is used is defined
ids = [p["id"] for p in board["panels"]]
assert len(ids) == len(set(ids))
taken = set()
for p in board["panels"]:
    g = p["gridPos"]
    cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
    assert g["x"] + g["w"] <= 24 and not cells & taken, p["title"]
    taken |= cells
names = {v["name"] for v in board["templating"]["list"]}
for p in board["panels"]:
    for t in p["targets"]:
        import re
        assert set(re.findall(r"\$([a-z]+)", t["expr"])) <= names, t["expr"]
# seen to fail
for change in (lambda b: b["panels"][0].pop("gridPos"), lambda b: b.update(schemaVersion=1), lambda b: b["panels"][0]["targets"].clear()):
    wrong = json.loads(json.dumps(board))
    change(wrong)
    assert not check.is_valid(wrong)
END
}

@test "the pod: volumes that are mounted are there, and its variables are legal" {
  /usr/bin/python3 - "$PACKAGING/examples/pod.yaml" >variables <<'END'
import jsonschema, sys, yaml
pod = yaml.safe_load(open(sys.argv[1]))
name = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
container = {"type": "object", "required": ["name", "image"], "additionalProperties": False, "properties": {
    "name": name, "image": {"type": "string"}, "command": {"type": "array", "items": {"type": "string"}},
    "env": {"type": "array", "items": {"type": "object", "required": ["name", "value"], "additionalProperties": False,
                                       "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}},
    "ports": {"type": "array", "items": {"type": "object", "required": ["containerPort"],
                                         "properties": {"name": name, "containerPort": {"type": "integer"}}}},
    "resources": {"type": "object"},
    "volumeMounts": {"type": "array", "items": {"type": "object", "required": ["name", "mountPath"], "additionalProperties": False,
                     "properties": {"name": name, "mountPath": {"type": "string", "pattern": "^/"}, "readOnly": {"type": "boolean"}}}}}}
jsonschema.validate(pod, {"type": "object", "required": ["apiVersion", "kind", "metadata", "spec"], "properties": {
    "apiVersion": {"const": "v1"}, "kind": {"const": "Pod"},
    "metadata": {"type": "object", "required": ["name"], "properties": {"name": name,
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}}}},
    "spec": {"type": "object", "required": ["containers"], "additionalProperties": False, "properties": {
        "initContainers": {"type": "array", "items": container}, "containers": {"type": "array", "items": container},
        "volumes": {"type": "array", "items": {"type": "object", "required": ["name"], "minProperties": 2, "maxProperties": 2}}}}}})
spec, volumes = pod["spec"], {v["name"] for v in pod["spec"]["volumes"]}
for c in spec["initContainers"] + spec["containers"]:
    assert {m["name"] for m in c["volumeMounts"]} <= volumes, c["name"]
    assert len({m["mountPath"] for m in c["volumeMounts"]}) == len(c["volumeMounts"])
app = spec["containers"][0]
env = {e["name"]: e["value"] for e in app["env"]}
mounts = {m["mountPath"] for m in app["volumeMounts"]}
for key in ("LD_PRELOAD", "ARENASHIM_RECORD", "ARENASHIM_DUMP", "ARENASHIM_METRICS"):
    assert any(env[key].startswith(m + "/") for m in mounts), key
# what is scraped is what is served: the first process has pid 1
notes = pod["metadata"]["annotations"]
assert int(notes["prometheus.io/port"]) == spec["containers"][1]["ports"][0]["containerPort"]
program = app["command"][0].rsplit("/", 1)[1]
assert notes["prometheus.io/path"] == "/" + env["ARENASHIM_METRICS"].rsplit("/", 1)[1].replace("%e", program).replace("%p", "1")
for key, value in env.items():
    if key.startswith("ARENASHIM_"):
        print(f"{key}={value}")
END
  mapfile -t variables <variables
  run_shim "${variables[@]}" ARENASHIM_VERBOSE=1 ARENASHIM_DISABLE=0 true
  expect '$status == 0 && $stderr != *"legal is"* && $stderr != *"no such option"*'
}

@test "a container of this machine, as the pod has it: pid 1, a host of its own, records and figures on volumes" {
  unshare -mpu --fork --mount-proc true 2>/dev/null || skip 'namespaces need root'
  mkdir records metrics
  # shellcheck disable=SC2016
  unshare -mpu --fork --mount-proc --kill-child sh -c 'hostname pod-1; exec env LD_PRELOAD="$1" ARENASHIM_TAG=stack:8 ARENASHIM_SAMPLE=64K \
    ARENASHIM_RECORD=records/%h.%e.%p.record ARENASHIM_METRICS=metrics/%e.%p.prom \
    /usr/bin/python3 -c "
import time
x, end = [], time.monotonic() + 30
while time.monotonic() < end: x.append(bytearray(100000)); time.sleep(0.02)"' - "$SHIM" 3>&- &
  local outer=$! inner
  within 20 compgen -G 'metrics/python3*.1.prom'
  inner=$(pgrep -P $outer)
  # from outside: the process by its number here, its control group, and its figures under its own names
  "$TOOL" ps --all --json | grep "\"pid\":$inner," >line
  grep -q "\"user\":\"$(id -un)\"" line && grep -q '"readable":true' line
  "$TOOL" metrics -n 2 "$inner" >figures 2>/dev/null
  grep -q '^arenashim_live_bytes{host="pod-1",program="python3[^"]*",pid="1"}' figures
  grep -q '^arenashim_live_bytes{host="pod-1",program="python3[^"]*",pid="1"}' metrics/*.prom
  # killed: the record on the volume says who held what
  kill -KILL "$inner"
  wait $outer 2>/dev/null || true
  "$TOOL" report -n 1 records/pod-1.python3*.1.record >report 2>/dev/null
  grep -q 'ended without a dump; from its record' report || { cat report; return 1; }
}

@test "the systemd drop-in: systemd reads it, and what it sets is legal" {
  command -v systemd-analyze >/dev/null || skip 'no systemd here'
  mkdir -p units/app.service.d
  printf '[Unit]\nDescription=app\n[Service]\nExecStart=/bin/true\n' >units/app.service
  cp "$PACKAGING/examples/arenashim.conf" units/app.service.d
  run --separate-stderr env SYSTEMD_UNIT_PATH="$PWD/units:" systemd-analyze verify units/app.service
  expect '$status == 0 && $output$stderr != *arenashim.conf*'
  # a wrong one is seen
  sed -i 's/^StateDirectory=/StateDirectori=/' units/app.service.d/arenashim.conf
  run env SYSTEMD_UNIT_PATH="$PWD/units:" systemd-analyze verify units/app.service
  [[ $output == *StateDirectori* ]]
  mapfile -t variables < <(sed -n 's/^Environment=\(ARENASHIM_.*\)/\1/p' "$PACKAGING/examples/arenashim.conf" | sed "s/%%/%/g; s|=/var/lib|=$PWD|")
  ((${#variables[@]} >= 4))
  mkdir -p arenashim prometheus/node-exporter
  run_shim "${variables[@]}" /bin/true
  expect '$status == 0 && -z $stderr'
  [[ $(ls prometheus/node-exporter) == true.*.prom ]]
}
