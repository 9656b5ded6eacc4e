"""ast: a long source text parsed, walked and compiled."""
import ast

function = '''
def f{0}(a, b=1, *rest, **named):
    """Sums what is odd."""
    total = 0
    for i, x in enumerate([a, b, *rest]):
        if x % 2 and i not in named:
            total += (x * {0} + i) // (b or 1)
        else:
            total -= len(str(x)) if x > {0} else named.get('k', [y for y in range(3)][0])
    return {{'total': total, 'rest': tuple(rest)}}
'''
text = '\n'.join(function.format(i) for i in range(450))
for _ in range(2):
    tree = ast.parse(text)
    names = sum(isinstance(node, ast.Name) for node in ast.walk(tree))
    compile(tree, 'generated', 'exec')
assert names > 450
