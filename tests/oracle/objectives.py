"""Losses of TRL's trainers beside the next token's: DPO, GRPO, PPO and GKD, operator by operator as their compute_loss has them, with
trl's own functions for log-probabilities and entropies. Masks and numbers of single tokens are left out.

A loss of `loss_of(setting)` takes the model, the other model (reference, teacher or PPO's value model) and the batch. PPO's returns beside
the loss what its trainer keeps until after the optimizer's step."""

import contextlib

import torch
from accelerate.utils import convert_to_fp32
from torch.nn.functional import log_softmax, kl_div, logsigmoid
from trl.trainer.utils import entropy_from_logits, selective_log_softmax


def rows_of(setting):
    """Sequences that the model is given: chosen and rejected ones of DPO."""
    return setting.rows * (2 if setting.objective == "dpo" else 1)


def logits_of(model, batch, setting, **more):
    """Trainers prepare the model: where it runs under autocast, its outputs come back in FP32. A reference is prepared alike."""
    with setting.run(model) as run:
        logits = run(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False, **more).logits
    return logits.float() if setting.casts_outputs else logits


def reference_log_probabilities(model, other, batch, setting):
    without_adapters = model.disable_adapter() if other is None else contextlib.nullcontext()
    with torch.no_grad(), without_adapters:
        logits = logits_of(model if other is None else other, batch, setting)
        return logits, selective_log_softmax(logits[..., :-1, :], batch.ids[..., 1:])


def dpo(model, other, batch, setting):
    outputs = logits_of(model, batch, setting)
    logits, labels = outputs[..., :-1, :], batch.ids[..., 1:]
    chosen, rejected = selective_log_softmax(logits, labels).sum(dim=1).chunk(2)
    reference_outputs, reference = reference_log_probabilities(model, other, batch, setting)
    reference_chosen, reference_rejected = reference.sum(dim=1).chunk(2)
    loss = -logsigmoid(0.1 * ((chosen - reference_chosen) - (rejected - reference_rejected))).mean()
    entropy_from_logits(logits.detach())
    return loss


def completions(model, batch, setting):
    kept = setting.completion
    logits = logits_of(model, batch, setting, logits_to_keep=kept + 1)
    logits = logits[:, :-1, :]
    logits = logits[:, -kept:, :]
    logits.div_(1.0)
    found = selective_log_softmax(logits, batch.ids[:, -kept:])
    with torch.no_grad():
        entropy_from_logits(logits)
    return found


def grpo(model, other, batch, setting):
    found = completions(model, batch, setting)
    ratio = torch.exp(found - found.detach())
    return -torch.min(ratio, torch.clamp(ratio, 0.8, 1.2)).mean()


def outputs_of(model, other, batch, setting):
    """PolicyAndValueWrapper.forward: the value model runs first, and its output is there until the policy's is. Neither call says
    use_cache, so that a model that does not recompute fills its cache. What autocast made comes back in FP32 but for the cache."""
    arguments = {"input_ids": batch.ids, "attention_mask": batch.mask, "position_ids": batch.positions, "output_hidden_states": True}
    outputs = policy_and_values(model, other, arguments, setting)
    return convert_to_fp32(outputs) if setting.casts_outputs else outputs


def policy_and_values(model, other, arguments, setting):
    with setting.run(model) as policy:
        backbone = getattr(other, other.base_model_prefix)(**arguments)
        values = other.score(backbone.hidden_states[-1])
        return policy(**arguments), values


def ppo(model, other, batch, setting, before):
    """`before` is what an earlier micro batch left: its output is there until this one's is, its report until this one reports."""
    output, values = outputs_of(model, other, batch, setting)
    before[:2] = []
    context = setting.tokens - setting.completion
    logits = output.logits[:, context - 1:-1]
    logits /= 0.7 + 1e-7
    found = selective_log_softmax(logits, batch.ids[:, context:])
    predicted = values[:, context - 1:-1].squeeze(-1)
    value_loss = 0.5 * torch.square(predicted - predicted.detach()).mean()
    ratio = torch.exp(found - found.detach())
    policy_loss = torch.max(-ratio, -torch.clamp(ratio, 0.8, 1.2)).mean()
    return policy_loss + 0.1 * value_loss, [output, logits, *before]


def ppo_report(kept):
    """What the trainer reports of a micro batch that is done; the distribution is there until the next one's."""
    logits = kept[1]
    with torch.no_grad():
        kept[2:] = [torch.nn.functional.softmax(logits, dim=-1)]
        torch.logsumexp(logits, dim=-1) - torch.sum(kept[2] * logits, dim=-1)


def distillation(model, other, batch, setting):
    student_outputs = logits_of(model, batch, setting)
    with torch.no_grad():
        teacher_outputs = logits_of(other, batch, setting)
    return jensen_shannon(student_outputs[:, :-1, :], teacher_outputs[:, :-1, :], batch.labels[:, 1:])


def jensen_shannon(student_logits, teacher_logits, labels, beta=0.5):
    student_logits = student_logits / 1.0
    teacher_logits = teacher_logits / 1.0
    student, teacher = log_softmax(student_logits, dim=-1), log_softmax(teacher_logits, dim=-1)
    beta = torch.tensor(beta, dtype=student.dtype, device=student.device)
    mixture = torch.logsumexp(torch.stack([student + torch.log1p(-beta), teacher + torch.log(beta)]), dim=0)
    kl_teacher = kl_div(mixture, teacher, reduction="none", log_target=True)
    kl_student = kl_div(mixture, student, reduction="none", log_target=True)
    jsd = beta * kl_teacher + (1 - beta) * kl_student
    jsd = jsd.reshape(-1, jsd.shape[-1]).index_select(0, torch.zeros(labels.numel(), dtype=torch.long, device="meta"))  # jsd[mask] of full sequences
    return jsd.sum() / labels.numel()


LOSSES = {"dpo": dpo, "grpo": grpo, "ppo": ppo, "distillation": distillation}
