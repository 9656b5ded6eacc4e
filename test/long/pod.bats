# The example of a pod against Kubernetes' own schema; tools/packaging.bats checks that it has no field beside known ones.
load ../common
load npm

@test "the pod is one by the schema of Kubernetes' API" {
  npm_or_skip
  /usr/bin/python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), open("pod.json", "w"))' <"$TOP/tools/packaging/examples/pod.yaml"
  run node "$HERE/pod.js" pod.json
  expect '$status == 0 && -z $output'
  # seen to fail: a name that is missing, a port that is a word
  local change
  for change in 's/"mountPath"/"path"/g' 's/"containerPort": [0-9]*/"containerPort": "http"/'; do
    sed "$change" pod.json >changed
    run node "$HERE/pod.js" changed
    expect '$status == 1 && $output == *"data/spec/containers/"*'
  done
}
