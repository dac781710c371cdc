package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sqrt;
import static dev.gradine.autograd.op.Functions.square;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Mean.mean;
import static dev.gradine.autograd.op.Permute.transpose;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/// AdaLoRA's allotment of ranks (arXiv:2303.10512, algorithm 1).
///
/// ```
/// ipt = |w · g|    I ← β₁ I + (1 − β₁) ipt    U ← β₂ U + (1 − β₂) |ipt − I|    score = I · U      of each value w
/// score of rank i = score(E_i) + mean_j score(A_ij) + mean_j score(B_ji)
/// budget(t) = b_T + (b_0 − b_T) (1 − (t − tinit) / (T − tinit − tfinal))³                         t from 0
/// ```
///
/// E of all ranks but the best `budget` becomes 0. A rank that was taken has a gradient and can come back,
/// until the last allotment at T − tfinal; after that the same ranks stay at 0. As PEFT has it, w is the
/// value after the update and g the gradient before it, and ties with the best rank that goes go, too.
final class RankAllocator implements Shaping {

    /// Factors of one layer.
    record Triplet(Param a, Param b, Param e) {
        List<Param> all() {
            return List.of(a, b, e);
        }
    }

    private final AdaLora how;
    private final AdaLora.Schedule schedule;
    private final List<Triplet> layers;
    private final Kernels run;
    private final SequencedMap<String, Tensor> state = new LinkedHashMap<>();

    RankAllocator(AdaLora how, AdaLora.Schedule schedule, List<Triplet> layers, Kernels run) {
        this.how = how;
        this.schedule = schedule;
        this.layers = layers;
        this.run = run;
        if (schedule.tinit() >= schedule.last()) {
            throw new AdapterException(
                    ("adalora: tinit is %d, expected less than the %d steps of the schedule without the last %d"
                                    + " (tfinal)")
                            .formatted(schedule.tinit(), schedule.totalStep(), schedule.tfinal()));
        }
        for (Triplet t : layers) {
            for (Param p : t.all()) {
                for (String kind : List.of("gradient", "importance", "uncertainty")) {
                    state.put(
                            "adalora." + kind + "." + p.name(),
                            run.zeros(p.value().shape()));
                }
            }
            state.put("adalora.kept." + t.e().name(), run.zeros(t.e().value().shape()));
        }
    }

    private Tensor state(String kind, Param p) {
        Tensor t = state.get("adalora." + kind + "." + p.name());
        if (t == null) throw new IllegalStateException("adalora: no " + kind + " of " + p.name());
        return t;
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return state;
    }

    /// w · mean ‖P Pᵀ − 1‖_F
    @Override
    public Optional<Var> penalty(Tape tape) {
        if (how.orthRegWeight() == 0) return Optional.empty();
        List<Var> norms = new ArrayList<>();
        for (Triplet t : layers) {
            norms.add(distance(tape.param(t.a())));
            norms.add(distance(transpose(tape.param(t.b()))));
        }
        Var sum = norms.getFirst();
        for (Var n : norms.subList(1, norms.size())) sum = add(sum, n);
        return Optional.of(scale(sum, (float) (how.orthRegWeight() / norms.size())));
    }

    private static Var distance(Var p) {
        int r = p.shape().dim(0);
        Var off = sub(matMul(p, p), Here.unit(p.tape(), r));
        return sqrt(scale(mean(square(off)), r * r));
    }

    @Override
    public void beforeUpdate(double gradScale) {
        for (Triplet t : layers) {
            for (Param p : t.all()) run.elementwise().scale(p.grad(), (float) gradScale, state("gradient", p));
        }
    }

    @Override
    public void afterUpdate(int step) {
        int t = step - 1;
        int last = schedule.last();
        if (t < last) {
            for (Triplet l : layers) for (Param p : l.all()) measure(p);
            boolean allots = t > schedule.tinit() && t % schedule.deltaT() == 0;
            if (allots) mask(budget(t), false);
        } else if (t == last) {
            mask(budget(t), true);
        } else {
            for (Triplet l : layers) {
                Tensor e = l.e().value();
                run.function().combine(Fn2.MUL, Per.VALUE, e, state("kept", l.e()), e);
            }
        }
    }

    private void measure(Param p) {
        try (Kernels k = run.openStep()) {
            Tensor now = k.empty(p.value().shape());
            k.function().combine(Fn2.MUL, Per.VALUE, p.value(), state("gradient", p), now);
            k.function().apply(Fn.ABS, 0, 0, now, now);
            Tensor mean = state("importance", p);
            blend(mean, now, how.importance().importanceBeta(), k);
            k.function().combine(Fn2.SUB, Per.VALUE, now, mean, now);
            k.function().apply(Fn.ABS, 0, 0, now, now);
            blend(state("uncertainty", p), now, how.importance().uncertaintyBeta(), k);
        }
    }

    /// `y ← β y + (1 − β) x`
    private static void blend(Tensor y, Tensor x, double beta, Kernels k) {
        k.elementwise().scale(y, (float) beta, y);
        k.elementwise().axpy((float) (1 - beta), x, y);
    }

    /// Ranks that are kept after step t, over all layers.
    int budget(int t) {
        int first = layers.stream().mapToInt(l -> l.e().value().size()).sum();
        int target = schedule.targetRank() * layers.size();
        if (t <= schedule.tinit()) return first;
        int last = schedule.last();
        if (t > last) return target;
        double left = 1 - (double) (t - schedule.tinit()) / (last - schedule.tinit());
        return (int) ((first - target) * (left * left * left) + target);
    }

    private void mask(int budget, boolean isLast) {
        List<float[]> scores = layers.stream().map(this::scores).toList();
        int n = scores.stream().mapToInt(s -> s.length).sum();
        float[] sorted = new float[n];
        int at = 0;
        for (float[] s : scores) {
            System.arraycopy(s, 0, sorted, at, s.length);
            at += s.length;
        }
        Arrays.sort(sorted);
        float threshold = n > budget ? sorted[n - budget - 1] : Float.NEGATIVE_INFINITY;
        for (int l = 0; l < layers.size(); l++) {
            Param e = layers.get(l).e();
            float[] values = run.download(e.value());
            float[] kept = new float[values.length];
            for (int i = 0; i < values.length; i++) {
                kept[i] = scores.get(l)[i] > threshold ? 1 : 0;
                values[i] *= kept[i];
            }
            run.upload(values, e.value());
            if (isLast) run.upload(kept, state("kept", e));
        }
    }

    private float[] scores(Triplet t) {
        try (Kernels k = run.openStep()) {
            float[] e = k.download(score(t.e(), k));
            Tensor a = k.empty(Shape.of(e.length));
            k.reduce().rowSums(score(t.a(), k), a);
            Tensor b = k.zeros(Shape.of(e.length));
            k.reduce().addColumnSums(score(t.b(), k), b);
            float[] as = k.download(a);
            float[] bs = k.download(b);
            for (int i = 0; i < e.length; i++) {
                e[i] += as[i] / t.a().value().shape().dim(1)
                        + bs[i] / t.b().value().shape().dim(0);
            }
            return e;
        }
    }

    private Tensor score(Param p, Kernels k) {
        Tensor s = k.empty(p.value().shape());
        k.function().combine(Fn2.MUL, Per.VALUE, state("importance", p), state("uncertainty", p), s);
        return s;
    }
}
