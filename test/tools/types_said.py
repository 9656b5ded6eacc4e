#!/usr/bin/python3
"""Reads an export to json on stdin: what types.cc's functions are said to allocate; prints what is wrong.

Usage: types_said.py [symbols]     symbols: with no debug information, any row may have none
"""
import json
import sys

# A function's types; None: a row of it has none.  A '?' before a type: that row may have none, too.
SAID = {
    'new_session': ['?Session'], 'new_inlined': ['?Inlined'], 'new_derived': ['?Derived'],
    'new_derived_too': ['?DerivedToo'], 'new_box': ['?Box<int>'], 'new_hidden': ['?(anonymous namespace)::Hidden'],
    'new_inner': ['?Outer::Inner'], 'new_far': ['?BufferedFar'], 'new_named': ['?Named', '?std::string'],
    'BufferedFar::BufferedFar': [None], 'Buffered::Buffered': [None], 'Named::Named': ['std::string'],
    'none_plain': [None], 'none_array': [None], 'none_bytes': [None], 'none_two': [None], 'none_function': [None],
    'unique_session': ['Session'], 'unique_buffered': ['?Buffered'], 'unique_far': ['BufferedFar'],
    'unique_array': ['Plain[]'], 'shared_session': ['?Session'], 'vector_plain': [None, '?std::vector<Plain>'],
    'vector_text': ['?std::vector<std::string>', '?std::string'], 'copied_text': ['?std::string'],
    'map_text': ['?std::map<int, std::string>', '?std::string'],
    'map_sets': ['?std::map<int, std::set<int>>', '?std::set<int>'],
    'hash_plain': ['?std::unordered_map<long, Plain>'], 'list_plain': ['?std::list<Plain>'], 'text': ['std::string']}
# With debug information these have no '?'.
SURE = ['new_session', 'new_inlined', 'new_derived', 'new_derived_too', 'new_box', 'new_hidden', 'new_inner', 'new_far',
        'unique_buffered', 'shared_session', 'vector_plain', 'copied_text', 'map_text', 'map_sets', 'hash_plain',
        'list_plain']

dump = json.load(sys.stdin)
frames = dump['frames']
said = {}
for site in dump['sites']:
    for i in site['path']:
        name = frames[i]['name'].replace('[abi:cxx11]', '').split('(')[0]
        if name in SAID:
            said.setdefault(name, set()).add(frames[i]['type'])
            break
for name, types in SAID.items():
    symbols = sys.argv[1:] == ['symbols']
    sure = not symbols and name in SURE
    allowed = {t and t.lstrip('?') for t in types}
    if symbols or any(t and t[0] == '?' for t in types) and not sure:
        allowed.add(None)
    got = said.get(name, set())
    wrong = got - allowed
    missing = {t.lstrip('?') for t in types if t and (t[0] != '?' or sure)} - got if sure or got and not symbols else set()
    if wrong or missing:
        print(f'{name}: said {got}, wrong {wrong}, missing {missing}')
