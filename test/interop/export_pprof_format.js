// Prints a profile as npm's pprof-format reads it, as JSON.
// Usage: export_pprof_format.js PPROF
'use strict';
const { readFileSync } = require('node:fs');
const { gunzipSync } = require('node:zlib');
const { Profile } = require('pprof-format');

const profile = Profile.decode(gunzipSync(readFileSync(process.argv[2])));
const text = index => profile.stringTable.strings[Number(index)];
const type = t => ({ type: text(t.type), unit: text(t.unit) });
const by = items => new Map(items.map(item => [item.id, item]));
const locations = by(profile.location), functions = by(profile.function);

// A location's lines are innermost first, as a sample's locations are.
const path = ids => ids.flatMap(id => locations.get(id).line.map(line => text(functions.get(line.functionId).name)));
const labels = all => Object.fromEntries(all.map(l => [text(l.key), text(l.str) || Number(l.num)]));

// The reader takes an int64 for unsigned: differences may be negative.
const signed = n => Number(BigInt.asIntN(64, BigInt(n)));

console.log(JSON.stringify({
  types: profile.sampleType.map(type),
  first: text(profile.defaultSampleType),
  period: [type(profile.periodType), Number(profile.period)],
  mappings: profile.mapping.map(m => [text(m.filename), text(m.buildId)]),
  samples: profile.sample.map(s => ({ path: path(s.locationId), values: s.value.map(signed), labels: labels(s.label) })),
}));
