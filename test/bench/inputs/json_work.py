"""json: a document of small objects, written and read again."""
import json

rows = [{'id': i, 'name': f'name {i}', 'tags': [f't{i % 7}', f't{i % 11}'], 'at': {'x': i / 3, 'y': -i}}
        for i in range(20000)]
for _ in range(4):
    text = json.dumps(rows)
    rows = json.loads(text)
assert rows[19999]['name'] == 'name 19999'
