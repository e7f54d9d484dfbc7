"""Counting storages: what autograd saves in a forward pass, and what is alive at each moment.

A storage counts once however many tensors view it, and whole however small the view is.
"""

import contextlib

import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

aten = torch.ops.aten


def storages_of(values):
    for value in tree_leaves(values):
        if isinstance(value, torch.Tensor):
            yield value.untyped_storage()


class LiveStorages(TorchDispatchMode):
    """Bytes alive now and at most: everything an operator returned, until nothing refers to it. `kept` is not counted."""

    def __init__(self, kept=(), counted=()):
        super().__init__()
        self.kept = {storage._cdata for storage in storages_of(list(kept))}
        self.live = {}
        self.now = self.peak = 0
        self.in_backward = False
        self.at_peak = ""
        for storage in storages_of(list(counted)):
            self.see(storage)
        self.peak = self.now

    def see(self, storage):
        if storage._cdata not in self.kept and storage._cdata not in self.live:
            self.live[storage._cdata] = (StorageWeakRef(storage), storage.nbytes())
            self.now += storage.nbytes()

    def forget_dead(self):
        for key in [key for key, (ref, _) in self.live.items() if ref.expired()]:
            self.now -= self.live.pop(key)[1]

    def restart(self):
        self.forget_dead()
        self.peak = self.now

    def alive(self):
        self.forget_dead()
        return self.now

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        self.forget_dead()
        if self.in_backward and operator is aten.add.Tensor and not torch.is_grad_enabled() and owned(args[0]):
            return args[0].add_(args[1])
        out = operator(*args, **(kwargs or {}))
        for storage in storages_of(out):
            if storage.device.type != "cpu":
                self.see(storage)
        if self.now > self.peak:
            self.peak, self.at_peak = self.now, str(operator)
        return out


def owned(tensor):
    """Whether the engine alone holds a gradient: it then adds the next one in place, which it does not do while a mode watches."""
    if not aten.is_non_overlapping_and_dense(tensor):
        return False
    return tensor._use_count() <= OWNED_TENSOR and torch._C._storage_Use_Count(tensor.untyped_storage()._cdata) <= OWNED_STORAGE


OWNED_TENSOR, OWNED_STORAGE = 4, 2  # as counted here while an operator is handed a gradient that nothing else refers to


class SavedStorages:
    """What autograd saves while `counting()`, by the layer that saved it. What several layers save, and what the model hands to
    them by name (rotary tables, masks), is no layer's. Saved for a result that nothing keeps, it is gone when it is asked for.
    """

    def __init__(self, model, layers):
        self.known = {storage._cdata for storage in storages_of([*model.parameters(), *model.buffers()])}
        self.layers = {id(layer): index for index, layer in enumerate(layers)}
        self.kinds = {type(layer) for layer in layers}
        self.scope = None
        self.found = {}  # storage -> [weak reference, bytes, scopes]

    def pack(self, tensor):
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key not in self.known and storage.device.type != "cpu":
            if key in self.found and self.found[key][0].expired():
                del self.found[key]
            self.found.setdefault(key, [StorageWeakRef(storage), storage.nbytes(), set()])[2].add(self.scope)
        return tensor

    @contextlib.contextmanager
    def scopes(self):
        """Calls of a layer run in its scope: its checkpoint, if it has one, too."""
        calls = {kind: kind.__call__ for kind in self.kinds}

        def scoped(call):
            def run(layer, *args, **kwargs):
                before, self.scope = self.scope, self.layers.get(id(layer), self.scope)
                self.known.update(storage._cdata for storage in storages_of(kwargs))
                try:
                    return call(layer, *args, **kwargs)
                finally:
                    self.scope = before
            return run

        for kind, call in calls.items():
            kind.__call__ = scoped(call)
        try:
            yield
        finally:
            for kind in calls:
                del kind.__call__

    @contextlib.contextmanager
    def counting(self):
        with self.scopes(), torch.autograd.graph.saved_tensors_hooks(self.pack, lambda tensor: tensor):
            yield

    def per_layer(self):
        bytes_of = dict.fromkeys(self.layers.values(), 0)
        for reference, size, scopes in self.found.values():
            if len(scopes) == 1 and None not in scopes and not reference.expired():
                bytes_of[next(iter(scopes))] += size
        return [bytes_of[index] for index in sorted(bytes_of)]
