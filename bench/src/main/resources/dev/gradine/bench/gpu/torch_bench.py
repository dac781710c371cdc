"""PyTorch's side of `gradine gpu bench`: the same works at the same sizes, one line of name, tab and seconds each."""
import statistics
import sys

import torch
import torch.nn.functional as F

if not torch.cuda.is_available():
    sys.exit(1)
ROWS, WIDE = 16384, 8192
ATTENTION_TOKENS, ATTENTION_WIDTH = 16384, 2048
TOKENS, HIDDEN, KEYS, INTERMEDIATE, VOCABULARY, RANK = 8192, 4096, 1024, 14336, 128256, 16


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


def free():
    torch.cuda.empty_cache()


def products(n, dtype, name):
    a, b = rand(n, n, dtype=dtype), rand(n, n, dtype=dtype)
    time(f"gemm nt {name} {n}", lambda: a @ b.T)
    time(f"gemm nn {name} {n}", lambda: a @ b)
    time(f"gemm tn {name} {n}", lambda: a.T @ b)


def pointwise():
    a, b = rand(ROWS, WIDE), rand(ROWS, WIDE)
    y = torch.empty_like(a)
    time("copy", lambda: y.copy_(a))
    time("add", lambda: torch.add(a, b, out=y))
    time("swiglu forward", lambda: F.silu(a) * b)


def rows():
    if not hasattr(F, "rms_norm"):
        return
    x, w, dy = rand(ROWS, WIDE), rand(WIDE), rand(ROWS, WIDE)
    time("rms_norm forward", lambda: F.rms_norm(x, (WIDE,), w, 1e-5))
    x.requires_grad_()
    y = F.rms_norm(x, (WIDE,), w, 1e-5)
    time("rms_norm backward", lambda: torch.autograd.grad(y, x, dy, retain_graph=True))


def optimizer():
    p = rand(ROWS, WIDE // 2, dtype=torch.float32).requires_grad_()
    p.grad = rand(ROWS, WIDE // 2, dtype=torch.float32)
    adamw = torch.optim.AdamW([p], lr=1e-4, weight_decay=0.0, fused=True)
    time("adamw", adamw.step)


def attention(t, d):
    batch, heads = ATTENTION_TOKENS // t, ATTENTION_WIDTH // d
    q, k, v = (rand(batch, heads, t, d).requires_grad_() for _ in range(3))
    with torch.no_grad():
        time(f"attention forward hd{d} {t}", lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True))
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    dy = rand(*y.shape)
    time(f"attention backward hd{d} {t}", lambda: torch.autograd.grad(y, (q, k, v), dy, retain_graph=True))


def head(trained):
    h, w = rand(TOKENS, HIDDEN).requires_grad_(), rand(VOCABULARY, HIDDEN)
    targets = torch.randint(VOCABULARY, (TOKENS,), device="cuda")
    inputs = (h, w.requires_grad_()) if trained else (h,)
    name = "linear + cross-entropy" + (", trained" if trained else "")
    time(name, lambda: torch.autograd.grad(F.cross_entropy(F.linear(h, w), targets), inputs))


def adapted(i, o):
    x, w, a, b = rand(TOKENS, i), rand(o, i), rand(RANK, i), rand(o, RANK)
    layer = lambda: x @ w.T + 2 * ((x @ a.T) @ b.T)
    time(f"lora forward {i} to {o}", layer)
    for t in (x, a, b):
        t.requires_grad_()
    y = layer()
    dy = rand(TOKENS, o)
    time(f"lora backward {i} to {o}", lambda: torch.autograd.grad(y, (x, a, b), dy, retain_graph=True))


torch.backends.cuda.matmul.allow_tf32 = False
works = [lambda: head(False), lambda: head(True)]
works += [lambda n=n: products(n, torch.bfloat16, "bf16") for n in (1024, 2048, 4096, 8192)]
works += [lambda: products(4096, torch.float32, "f32"), pointwise, rows, optimizer]
works += [lambda t=t, d=d: attention(t, d) for t in (4096, 8192, 16384) for d in (64, 128)]
layers = ((HIDDEN, HIDDEN), (HIDDEN, KEYS), (HIDDEN, INTERMEDIATE), (INTERMEDIATE, HIDDEN))
works += [lambda i=i, o=o: adapted(i, o) for i, o in layers]
for work in works:
    try:
        work()
    except torch.cuda.OutOfMemoryError as e:
        print(f"{e}".splitlines()[0], file=sys.stderr)
    free()
