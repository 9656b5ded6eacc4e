"""pickle: instances, tuples and sets, written and read again."""
import pickle


class Node:
    def __init__(self, i):
        self.key, self.value, self.near = i, str(i) * 3, {i, i + 1}
        self.pair = (i, [i])


nodes = [Node(i) for i in range(15000)]
for _ in range(4):
    nodes = pickle.loads(pickle.dumps(nodes, protocol=4))
assert nodes[14999].value == '149991499914999'
