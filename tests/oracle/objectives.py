"""Losses of TRL's trainers beside the next token's: DPO, GRPO, PPO's policy and GKD, operator by operator as their compute_loss has them, with
trl's own functions for log-probabilities and entropies. Masks and numbers of single tokens are left out.

A loss of `loss_of(setting)` takes the model, the other model (reference or teacher) and the batch."""

import contextlib

import torch
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


LOSSES = {"dpo": dpo, "grpo": grpo, "distillation": distillation}
