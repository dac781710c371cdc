package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.peft.SelectedColumns.columns;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// Low-rank adapter over a frozen embedding table.
///
/// ```
/// h = E[ids] + s · A[:, ids]ᵀ Bᵀ       E′ = E + s · (B A)ᵀ
/// ```
///
/// As PEFT has it: here A starts zero and B normal, the reverse of a linear layer, and nothing is dropped.
///
/// @param a trained, `f32[R,V]`
/// @param b trained, `f32[C,R]`
/// @param s scale
public record LoraEmbedding(Param a, Param b, float s) implements EmbeddingAdapter {

    /// A fresh adapter in the memory of `start.run()`, which must outlive training.
    static LoraEmbedding over(Embedding base, Lora how, Start start) {
        int rank = how.rank(base.path());
        Shape table = base.weight().shape();
        float[] b = new float[table.dim(1) * rank];
        for (int i = 0; i < b.length; i++) b[i] = (float) start.rng().nextGaussian();
        Tensor zeros = start.run().zeros(Shape.of(rank, table.dim(0)));
        Tensor normal = start.run().of(Shape.of(table.dim(1), rank), b);
        return new LoraEmbedding(
                Param.trained(base.path() + ".lora_embedding_A", zeros, start.run()),
                Param.trained(base.path() + ".lora_embedding_B", normal, start.run()),
                how.scale(base.path()));
    }

    @Override
    public Var apply(Embedding base, Var h, Pass pass) {
        Var update = update(h.tape(), pass);
        Var y = add(h, update);
        h.release();
        update.release();
        return y;
    }

    /// `s · A[:, ids]ᵀ Bᵀ`; a virtual token is read as token 0, as the table does it.
    private Var update(Tape t, Pass pass) {
        int[] ids = IntStream.of(pass.rows().ids()).map(id -> Math.max(id, 0)).toArray();
        Var low = columns(t.param(a), ids);
        Var high = matMul(low, t.param(b));
        low.release();
        Var update = scale(high, s);
        high.release();
        return update;
    }

    @Override
    public boolean adds() {
        return true;
    }

    @Override
    public LoraEmbedding over(UnaryOperator<Param> values) {
        return new LoraEmbedding(values.apply(a), values.apply(b), s);
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        Tensor bt = SelectedColumns.transposed(b.value(), k);
        k.matMul().tn(a.value(), bt, s, true, w);
        k.release(bt);
        return w;
    }

    @Override
    public SequencedMap<String, Param> params() {
        SequencedMap<String, Param> m = new LinkedHashMap<>();
        m.put("lora_embedding_A", a);
        m.put("lora_embedding_B", b);
        return m;
    }
}
