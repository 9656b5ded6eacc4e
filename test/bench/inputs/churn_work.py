"""churn: instances, lists, dictionaries, strings and closures, made and dropped."""


class Point:
    __slots__ = ('x', 'y', 'label')

    def __init__(self, x, y):
        self.x, self.y, self.label = x, y, f'{x}:{y}'


alive = {}
total = 0
for i in range(250000):
    point = Point(i, i * 1.5)
    alive[i * 7919 % 5003] = [point, (i, str(i)), {'next': lambda k=i: k + 1}]
    total += len(point.label) + alive[i * 7919 % 5003][2]['next']()
    if i % 3 == 0:
        alive.pop(i * 31 % 5003, None)
assert total > 250000 and alive
