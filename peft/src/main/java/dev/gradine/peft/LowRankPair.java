package dev.gradine.peft;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.linalg.Svd;

/// The two factors of an update, `ΔW = B A`; under an embedding, whose table is the other way round, of its transpose.
///
/// @param a `f32[R,I]`
/// @param b `f32[O,R]`
record LowRankPair(Tensor a, Tensor b) {

    /// What a LoRA has at a place, without its scale.
    static LowRankPair of(Adapter adapter) {
        return switch (adapter) {
            case LoraLinear l -> new LowRankPair(l.a().value(), l.b().value());
            case LoraEmbedding e -> new LowRankPair(e.a().value(), e.b().value());
            default -> throw new IllegalArgumentException("combine: %s, expected LoRA".formatted(adapter.getClass()));
        };
    }

    static float scale(Adapter adapter) {
        return switch (adapter) {
            case LoraLinear l -> l.s();
            case LoraEmbedding e -> e.s();
            default -> throw new IllegalArgumentException("combine: %s, expected LoRA".formatted(adapter.getClass()));
        };
    }

    int rank() {
        return a.shape().dim(0);
    }

    /// `s · B A`, `f32[O,I]`.
    Tensor delta(float s, Kernels k) {
        Tensor d = k.empty(Shape.of(b.shape().dim(0), a.shape().dim(1)));
        k.matMul().nn(b, a, s, false, d);
        return d;
    }

    /// `B = U diag(S), A = Vᵀ`, no more than `rank` of them.
    static LowRankPair of(Svd svd, int rank, Kernels k) {
        int n = Math.min(rank, svd.s().size());
        float[] u = k.download(svd.u());
        float[] s = k.download(svd.s());
        float[] b = new float[svd.u().shape().dim(0) * n];
        for (int i = 0; i < b.length; i++) b[i] = u[i / n * s.length + i % n] * s[i % n];
        return new LowRankPair(
                svd.vt().rows(0, n), k.of(Shape.of(svd.u().shape().dim(0), n), b));
    }

    /// The same update with zeros up to `rank`.
    LowRankPair padded(int rank, Kernels k) {
        if (rank() == rank) return this;
        int in = a.shape().dim(1);
        int out = b.shape().dim(0);
        float[] wide = new float[rank * in];
        float[] own = k.download(a);
        System.arraycopy(own, 0, wide, 0, own.length);
        float[] columns = k.download(b);
        float[] more = new float[out * rank];
        for (int i = 0; i < columns.length; i++) more[i / rank() * rank + i % rank()] = columns[i];
        return new LowRankPair(k.of(Shape.of(rank, in), wide), k.of(Shape.of(out, rank), more));
    }
}
