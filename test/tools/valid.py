#!/usr/bin/python3
"""Whether a JSON file is what a schema says. Usage: valid.py SCHEMA FILE   (Debian's python3-jsonschema)"""
import json
import sys

import jsonschema

with open(sys.argv[1], encoding='utf-8') as schema, open(sys.argv[2], encoding='utf-8') as file:
    validator = jsonschema.validators.validator_for(rules := json.load(schema))
    validator.check_schema(rules)
    errors = list(validator(rules).iter_errors(json.load(file)))
for error in errors[:5]:
    print(f'{sys.argv[2]}: {error.json_path}: {error.message[:200]}')
sys.exit(len(errors) > 0)
