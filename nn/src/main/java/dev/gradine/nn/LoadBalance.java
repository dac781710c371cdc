package dev.gradine.nn;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.CustomOp;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a pass asks of its routers beside choosing well: that all experts have about as many tokens.
///
/// ```
/// aux = E · Σ_e f_e · P_e          over the tokens of all layers with a router together
/// f_e = how often e is chosen / tokens          P_e = mean over tokens of softmax(r)_e
/// L   = c · aux            ∂L/∂r_te = c · E / tokens · p_te (f_e − Σ_j p_tj f_j)
/// ```
///
/// Fedus et al. 2021 (arXiv:2101.03961), eq. 4 to 6, in the form of transformers' `load_balancing_loss_func`: k choices
/// a token. f has no gradient. A token that several texts begin with counts once for each of them.
///
/// f is known when all layers have chosen. So a router's logits pass through an op that changes nothing
/// forward and adds the gradient above on the way back, when the loss, which is asked for behind all
/// layers, has had its own gradient.
public final class LoadBalance {

    /// What the tokens of one layer have chosen: f and P times the weight of all of them.
    private static final class Layer {
        final double[] chosen;
        final double[] probable;
        double weight;

        Layer(int experts) {
            chosen = new double[experts];
            probable = new double[experts];
        }
    }

    private final Map<Router, Layer> layers = new LinkedHashMap<>();
    private double[] shares = new double[0]; // f, once it is known
    private double factor; // c · E / tokens
    private float upstream; // gradient of the loss, once it is known

    LoadBalance() {}

    /// Takes over what another pass has read for this one.
    void addAll(LoadBalance other) {
        layers.putAll(other.layers);
    }

    /// Whether there is something to balance.
    public boolean isEmpty() {
        return layers.isEmpty();
    }

    /// The logits of a router, `f32[N,E]`, noted down; the same once more where a block is computed again.
    Var noted(Router router, Var logits, TokenBatch rows) {
        return logits.tape().apply(new Noted(router, rows.texts()), logits);
    }

    /// aux, without the coefficient.
    public double value() {
        double[] f = chosen();
        double weight = weight();
        double sum = 0;
        for (Layer l : layers.values()) {
            for (int e = 0; e < f.length; e++) sum += f[e] * l.probable[e] / weight;
        }
        return sum * f.length;
    }

    /// L of all layers, `f32[1]`, to be added to the loss of the pass.
    public Var loss(Tape tape) {
        shares = chosen();
        Router any = layers.keySet().iterator().next();
        factor = any.balance() * shares.length / weight();
        return tape.apply(new Weighted((float) (any.balance() * value())));
    }

    private double weight() {
        return layers.values().stream().mapToDouble(l -> l.weight).sum();
    }

    private double[] chosen() {
        double weight = weight();
        double[] f = new double[layers.values().iterator().next().chosen.length];
        for (Layer l : layers.values()) for (int e = 0; e < f.length; e++) f[e] += l.chosen[e] / weight;
        return f;
    }

    /// L as an op whose gradient the routers are told of.
    private final class Weighted implements CustomOp<List<Tensor>> {
        private final float value;

        Weighted(float value) {
            this.value = value;
        }

        @Override
        public Forward<List<Tensor>> forward(Kernels k, List<Tensor> inputs) {
            return new Forward<>(k.of(Shape.of(1), value), List.of());
        }

        @Override
        public boolean trains() {
            return true;
        }

        @Override
        public List<@Nullable Tensor> backward(Kernels k, List<Tensor> saved, Tensor dy) {
            upstream = k.download(dy)[0];
            return List.of();
        }
    }

    /// The logits as they are, with another gradient.
    private final class Noted implements CustomOp<Noted.Saved> {

        /// The logits, whose softmax is computed again.
        record Saved(Tensor logits) {}

        private final Router router;
        private final int[] texts; // that have each row

        Noted(Router router, int[] texts) {
            this.router = router;
            this.texts = texts;
        }

        @Override
        public Forward<Saved> forward(Kernels k, List<Tensor> inputs) {
            Tensor logits = inputs.getFirst();
            layers.put(router, layer(k.download(logits), logits.shape().last()));
            Tensor y = k.emptyLike(logits);
            k.copy(logits, y);
            return new Forward<>(y, new Saved(logits));
        }

        private Layer layer(float[] r, int experts) {
            Layer of = new Layer(experts);
            int k = router.choice().count();
            int[] best = new RouterRules.Best(k).choose(r, texts.length, experts);
            for (int t = 0; t < texts.length; t++) {
                for (int c = 0; c < k; c++) of.chosen[best[t * k + c] - t * experts] += texts[t];
                double[] p = softmax(r, t * experts, experts);
                for (int e = 0; e < experts; e++) of.probable[e] += texts[t] * p[e];
                of.weight += texts[t];
            }
            return of;
        }

        @Override
        public List<@Nullable Tensor> backward(Kernels k, Saved s, Tensor dy) {
            float[] r = k.download(s.logits);
            float[] dr = k.download(dy);
            int experts = shares.length;
            for (int t = 0; t < texts.length && experts > 0; t++) {
                double[] p = softmax(r, t * experts, experts);
                double mean = 0;
                for (int e = 0; e < experts; e++) mean += p[e] * shares[e];
                for (int e = 0; e < experts; e++) {
                    dr[t * experts + e] += (float) (upstream * factor * texts[t] * p[e] * (shares[e] - mean));
                }
            }
            Tensor all = k.emptyLike(dy);
            k.copy(k.of(dy.shape(), dr), all);
            return List.of(all);
        }
    }

    private static double[] softmax(float[] r, int from, int count) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) largest = Math.max(largest, r[from + i]);
        double[] p = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            p[i] = Math.exp(r[from + i] - largest);
            sum += p[i];
        }
        for (int i = 0; i < count; i++) p[i] /= sum;
        return p;
    }
}
