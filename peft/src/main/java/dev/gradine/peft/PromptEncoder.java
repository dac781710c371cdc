package dev.gradine.peft;

import static dev.gradine.autograd.op.AddBias.addBias;
import static dev.gradine.autograd.op.Concat.concatColumns;
import static dev.gradine.autograd.op.Concat.concatRows;
import static dev.gradine.autograd.op.Dropout.dropout;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.relu;
import static dev.gradine.autograd.op.Functions.sigmoid;
import static dev.gradine.autograd.op.Functions.tanh;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;
import static dev.gradine.autograd.op.SliceRows.sliceRows;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Pass;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The networks of P-tuning, with PEFT's names.
///
/// ```
/// MLP     P = W₃ relu(W₂ relu(W₁ e + b₁) + b₂) + b₃
/// LSTM    P = W₂ relu(W₁ [→h; ←h] + b₁) + b₂
///         i, f, o = σ(W x + b + U h + b′)    g = tanh(…)    c ← f ∘ c + i ∘ g    h = o ∘ tanh(c)
/// ```
///
/// Hochreiter & Schmidhuber 1997, with forget gates (Gers et al. 2000); the rows of W are those of i, f, g, o, as in
/// PyTorch.
///
/// @param width C
/// @param hidden inner width H
/// @param lstmLayers layers of the LSTM; 0 for an MLP
/// @param drop probability of dropping a value between the layers of an LSTM in training
record PromptEncoder(int width, int hidden, int lstmLayers, float drop) {

    static final String EMBEDDING = "embedding.weight";

    /// Number of its values, without the embeddings.
    long parameters() {
        long h = hidden;
        if (lstmLayers == 0) return h * (width + 1) + h * (h + 1) + width * (h + 1);
        long total = 2 * h * (2 * h + 1) + width * (2 * h + 1);
        for (int l = 0; l < lstmLayers; l++) total += 2 * (4 * h * (inputs(l) + h) + 8 * h);
        return total;
    }

    private int inputs(int layer) {
        return layer == 0 ? width : 2 * hidden;
    }

    /// Fresh values, as PyTorch begins its layers.
    NamedParams fresh(NamedParams.Builder b) {
        if (lstmLayers == 0) {
            linear(b, "mlp_head.0", hidden, width);
            linear(b, "mlp_head.2", hidden, hidden);
            linear(b, "mlp_head.4", width, hidden);
            return b.build();
        }
        double bound = 1 / Math.sqrt(hidden);
        for (int l = 0; l < lstmLayers; l++) {
            for (String end : new String[] {"_l" + l, "_l" + l + "_reverse"}) {
                b.uniform("lstm_head.weight_ih" + end, bound, 4 * hidden, inputs(l))
                        .uniform("lstm_head.weight_hh" + end, bound, 4 * hidden, hidden)
                        .uniform("lstm_head.bias_ih" + end, bound, 4 * hidden)
                        .uniform("lstm_head.bias_hh" + end, bound, 4 * hidden);
            }
        }
        linear(b, "mlp_head.0", 2 * hidden, 2 * hidden);
        linear(b, "mlp_head.2", width, 2 * hidden);
        return b.build();
    }

    private static void linear(NamedParams.Builder b, String name, int out, int in) {
        b.kaiming(name + ".weight", out, in).uniform(name + ".bias", 1 / Math.sqrt(in), out);
    }

    /// The virtual tokens, `f32[n,C]`.
    Var rows(Tape t, NamedParams v, Pass pass) {
        Var e = t.param(v.get(EMBEDDING));
        if (lstmLayers == 0) {
            Var first = relu(linear(t, v, "mlp_head.0", e));
            return linear(t, v, "mlp_head.4", relu(linear(t, v, "mlp_head.2", first)));
        }
        Var y = e;
        for (int l = 0; l < lstmLayers; l++) {
            boolean drops = l > 0 && drop > 0 && pass.isTraining();
            Var x = drops ? dropout(y, drop, LoraLinear.seed(pass.seed(), l)) : y;
            y = concatColumns(direction(t, v, x, "_l" + l, false), direction(t, v, x, "_l" + l + "_reverse", true));
        }
        return linear(t, v, "mlp_head.2", relu(linear(t, v, "mlp_head.0", y)));
    }

    private static Var linear(Tape t, NamedParams v, String name, Var x) {
        return addBias(matMul(x, t.param(v.get(name + ".weight"))), t.param(v.get(name + ".bias")));
    }

    private Var direction(Tape t, NamedParams v, Var x, String end, boolean backwards) {
        int n = x.shape().dim(0);
        Var in = addBias(
                matMul(x, t.param(v.get("lstm_head.weight_ih" + end))), t.param(v.get("lstm_head.bias_ih" + end)));
        Var u = t.param(v.get("lstm_head.weight_hh" + end));
        Var b = t.param(v.get("lstm_head.bias_hh" + end));
        Var[] all = new Var[n];
        @Nullable Var h = null;
        @Nullable Var c = null;
        for (int step = 0; step < n; step++) {
            int at = backwards ? n - 1 - step : step;
            Var gates = addBias(sliceRows(in, at, at + 1), b);
            if (h != null) gates = add(gates, matMul(h, u));
            Var fresh = mul(sigmoid(gate(gates, 0)), tanh(gate(gates, 2)));
            c = c == null ? fresh : add(mul(sigmoid(gate(gates, 1)), c), fresh);
            h = mul(sigmoid(gate(gates, 3)), tanh(c));
            all[at] = h;
        }
        return concatRows(all[0], Arrays.copyOfRange(all, 1, n));
    }

    private Var gate(Var gates, int number) {
        return sliceColumns(gates, number * hidden, (number + 1) * hidden);
    }
}
