"""PyTorch's side of `gradine gpu bench`: the same works at the same sizes, one line of name, tab and seconds each."""
import statistics
import sys

import torch
import torch.nn.functional as F

if not torch.cuda.is_available():
    sys.exit(1)
ROWS, WIDE = 16384, 8192


def rand(*dims, dtype=torch.bfloat16):
    return torch.empty(*dims, device="cuda", dtype=dtype).uniform_(-1, 1)


def time(name, work):
    for _ in range(3):
        work()
    rounds = []
    for _ in range(5):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(10):
            work()
        end.record()
        torch.cuda.synchronize()
        rounds.append(begin.elapsed_time(end) * 1e-4)
    print(f"{name}\t{statistics.median(rounds):.9f}", flush=True)


torch.backends.cuda.matmul.allow_tf32 = False
for n in (1024, 2048, 4096, 8192):
    a, b = rand(n, n), rand(n, n)
    time(f"gemm bf16 {n}", lambda: a @ b.T)
a, b = rand(4096, 4096, dtype=torch.float32), rand(4096, 4096, dtype=torch.float32)
time("gemm f32 4096", lambda: a @ b.T)

a, b = rand(ROWS, WIDE), rand(ROWS, WIDE)
y = torch.empty_like(a)
time("copy", lambda: y.copy_(a))
time("add", lambda: torch.add(a, b, out=y))
time("swiglu", lambda: F.silu(a) * b)
w = rand(WIDE)
if hasattr(F, "rms_norm"):
    time("rms_norm forward", lambda: F.rms_norm(a, (WIDE,), w, 1e-5))
del a, b, y
torch.cuda.empty_cache()

p = rand(ROWS, 4096, dtype=torch.float32).requires_grad_()
p.grad = rand(ROWS, 4096, dtype=torch.float32)
adamw = torch.optim.AdamW([p], lr=1e-4, weight_decay=0.0, fused=True)
time("adamw", adamw.step)
del p, adamw
torch.cuda.empty_cache()

for t in (4096, 16384):
    for d in (64, 128):
        q, k, v = (rand(1, 2048 // d, t, d).requires_grad_() for _ in range(3))
        time(f"attention forward hd{d} {t}", lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        dy = rand(*y.shape)
        time(f"attention backward hd{d} {t}", lambda: torch.autograd.grad(y, (q, k, v), dy, retain_graph=True))
