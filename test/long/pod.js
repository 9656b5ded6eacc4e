// Whether a pod is one by the schema that Kubernetes' API is published with.
// Usage: pod.js POD.json
'use strict';
const { readFileSync } = require('node:fs');
const { Pod } = require('kubernetes-models/v1');

try {
  new Pod(JSON.parse(readFileSync(process.argv[2], 'utf8'))).validate();
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
}
