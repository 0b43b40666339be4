from __future__ import annotations

import torch
from models.test_recursion import BATCH, SPEC, small
from torch import nn

from hrm.models.base import evaluating, twin
from hrm.nn.block import fit_levels
from hrm.runtime import Runtime


def test_a_twin_has_the_weights_and_its_own_mode_hooks_and_compiled_code() -> None:
    model = small("hrm", mixing="attention", positions="rope").build(SPEC)
    other = twin(model).eval()
    assert model.training
    ours, theirs = (m.state_dict(keep_vars=True) for m in (model, other))
    assert ours.keys() == theirs.keys()
    assert all(ours[name] is theirs[name] for name in ours)
    assert not any(module is copy for module in model.modules() for copy in other.modules())
    assert len(list(other.modules())) == len(list(model.modules())), "a module that two share is one"
    handle = other.H_level.register_forward_hook(lambda *_: None)
    assert not model.H_level._forward_hooks
    handle.remove()
    fit_levels(other, Runtime(torch.device("cpu"), torch.float32, True))
    assert other.H_level._compiled_call_impl is not None
    assert model.H_level._compiled_call_impl is None
    assert twin(other).H_level._compiled_call_impl is None
    with torch.no_grad():
        model.lm_head.weight.add_(1.0)
    again = twin(model).eval()
    ours, theirs = (m(m.initial_carry(4), BATCH)[1].logits for m in (model.eval(), again))
    assert torch.equal(ours, theirs)


def test_hooks_of_a_model_and_of_its_twin_are_their_own() -> None:
    model = nn.Sequential(nn.Linear(1, 1))
    fired: list[str] = []
    for module in model.modules():
        module.register_forward_hook(lambda *_: fired.append("forward"))
        module.register_forward_hook(lambda *_: fired.append("with kwargs"), with_kwargs=True, always_call=True)
        module.register_forward_pre_hook(lambda *_: fired.append("before"), with_kwargs=True)
        module.register_full_backward_hook(lambda *_: fired.append("backward"))
        module.register_full_backward_pre_hook(lambda *_: fired.append("before backward"))
        module.register_state_dict_post_hook(lambda *_: fired.append("state dict"))
    other = twin(model)
    other(torch.ones(1, 1, requires_grad=True)).sum().backward()
    other.state_dict()
    assert fired == []
    for ours, theirs in zip(model.modules(), other.modules(), strict=True):
        for name, hooks in vars(ours).items():
            if name.endswith(("_hooks", "_hooks_with_kwargs", "_hooks_always_called")):
                assert not vars(theirs)[name], name
                assert vars(theirs)[name] is not hooks, name
    other[0].register_forward_hook(lambda *_: None, with_kwargs=True)
    assert len(model[0]._forward_hooks_with_kwargs) == 1
    other[0].register_full_backward_hook(lambda *_: None)  # refused where a twin keeps the kind of hooks it had
    model(torch.ones(1, 1, requires_grad=True)).sum().backward()
    assert {"forward", "with kwargs", "before", "backward", "before backward"} == {*fired}


def test_evaluating_gives_back_the_mode() -> None:
    model = nn.Linear(1, 1)
    for mode in (True, False):
        model.train(mode)
        with evaluating(model):
            assert not model.training
        assert model.training == mode
