package dev.gradine.autograd;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Mean.mean;
import static dev.gradine.autograd.op.RmsNorm.rmsNorm;
import static dev.gradine.autograd.op.SliceRows.sliceRows;
import static dev.gradine.autograd.op.SwiGlu.swiGlu;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.autograd.op.CustomOp;
import dev.gradine.autograd.op.Op.Forward;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a tape records, how gradients are shared and summed, and that released memory never shows.
class TapeTest {

    private static final Shape ROWS = Shape.of(3, 5);

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    @Test
    void a_variable_used_twice_gets_both_gradients() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var x = t.leaf(values(k, 1));
            t.backward(mean(add(add(x, x), scale(x, 5))));
            assertAll(k.download(x.grad()), 7 / 15f);
        }
    }

    @Test
    void a_residual_keeps_the_shared_gradient_whole() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var x = t.leaf(values(k, 1));
            Var other = t.leaf(values(k, 2));
            Var h = add(x, scale(x, 2)); // both sides hold one gradient; x adds into its own
            t.backward(mean(add(h, other)));
            assertAll(k.download(x.grad()), 3 / 15f);
            assertAll(k.download(other.grad()), 1 / 15f);
        }
    }

    @Test
    void the_callers_gradient_is_left_as_it_was() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.recording(k);
            Var x = t.leaf(values(k, 1));
            Tensor dy = values(k, 3);
            float[] before = k.download(dy);
            t.backward(add(add(x, x), x), dy);
            assertThat(k.download(dy)).isEqualTo(before);
        }
    }

    @Test
    void a_parameters_gradient_is_summed_over_passes() {
        Param p = Param.trained("p", values(run, 1), run);
        float[] once = new float[0];
        for (int pass = 0; pass < 2; pass++) {
            try (Kernels k = run.openStep()) {
                Tape t = Tape.recording(k);
                t.backward(mean(scale(t.param(p), 6)));
                if (pass == 0) once = run.download(p.grad());
            }
        }
        float[] twice = run.download(p.grad());
        for (int i = 0; i < twice.length; i++) assertThat(twice[i]).isEqualTo(2 * once[i]);
    }

    @Test
    void a_parameter_is_one_variable() {
        Tape t = Tape.recording(run);
        Param p = Param.frozen("p", values(run, 1));
        assertThat(t.param(p)).isSameAs(t.param(p));
        assertThat(t.param(p).requiresGrad()).isFalse();
    }

    @Test
    void a_frozen_parameter_has_no_gradient() {
        assertThatThrownBy(Param.frozen("model.norm.weight", values(run, 1))::grad)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("grad: model.norm.weight is frozen");
    }

    @Test
    void refuses_an_input_of_another_tape() {
        Var x = Tape.recording(run).leaf(values(run, 1));
        Var y = Tape.recording(run).leaf(values(run, 1));
        assertThatThrownBy(() -> add(x, y))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tape: an input belongs to another tape");
    }

    @Test
    void a_forgetting_tape_records_nothing() {
        Tape t = Tape.noGrad(run);
        Var loss = mean(t.param(Param.trained("p", values(run, 1), run)));
        assertThat(t.isRecording()).isFalse();
        assertThat(loss.requiresGrad()).isFalse();
        assertThatThrownBy(() -> t.backward(loss))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("backward: nothing that y depends on is tracked");
    }

    @Test
    void refuses_a_loss_of_several_values() {
        Tape t = Tape.recording(run);
        Var x = t.leaf(values(run, 1));
        assertThatThrownBy(() -> t.backward(x))
                .isInstanceOf(ShapeException.class)
                .hasMessage("backward: loss is [3, 5], expected a single value");
    }

    @Test
    void says_why_there_is_no_gradient() {
        Tape t = Tape.recording(run);
        assertThatThrownBy(t.leaf(values(run, 1))::grad)
                .hasMessage("grad: none on this variable of shape [3, 5]; "
                        + "no backward pass reached it, or it is not a leaf");
        assertThatThrownBy(t.constant(values(run, 1))::grad)
                .hasMessage("grad: none on this variable of shape [3, 5]; it is a constant");
    }

    @Test
    void an_intermediate_result_keeps_no_gradient() {
        Tape t = Tape.recording(run);
        Var h = scale(t.leaf(values(run, 1)), 2);
        t.backward(mean(h));
        assertThat(h.hasGrad()).isFalse();
    }

    /// A run gives released memory to nobody, a step to the next of its size, filled with NaN before.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void released_gradients_never_corrupt_a_result(long seed) {
        List<float[]> kept = gradients(run, seed, false);
        try (Kernels step = run.openStep()) {
            List<float[]> reused = gradients(step, seed, false);
            for (int i = 0; i < kept.size(); i++) assertThat(reused.get(i)).isEqualTo(kept.get(i));
        }
    }

    @Test
    void a_gradient_released_too_early_would_show() {
        try (Kernels step = run.openStep()) {
            assertThatThrownBy(() -> gradients(step, 1, true))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("tensor: F32[3, 5] was released, expected one that still holds its memory");
        }
    }

    /// Sixty ops, each on results drawn from all before it.
    private static List<float[]> gradients(Kernels k, long seed, boolean fault) {
        SplittableRandom rng = new SplittableRandom(seed);
        Tape t = Tape.recording(k);
        List<Var> leaves = List.of(t.leaf(values(k, 1)), t.leaf(values(k, 2)), t.leaf(values(k, 3)));
        Var norm = t.leaf(k.of(Shape.of(5), Cases.plain(4, 5, 1)));
        Var square = t.leaf(k.of(Shape.of(5, 5), Cases.plain(5, 25, 0.5f)));
        List<Var> made = new ArrayList<>(leaves);
        for (int i = 0; i < 60; i++) {
            Var a = made.get(rng.nextInt(made.size()));
            Var b = made.get(rng.nextInt(made.size()));
            made.add(
                    switch (rng.nextInt(7)) {
                        case 0 -> add(a, b);
                        case 1 -> sub(a, b);
                        case 2 -> swiGlu(a, b);
                        case 3 -> matMul(a, square);
                        case 4 -> scale(a, 0.5f);
                        case 5 -> sliceRows(add(a, b), 0, 3); // a view of the whole
                        default -> rmsNorm(a, norm, 1e-2f);
                    });
        }
        Var all = made.getFirst();
        for (Var v : made.subList(1, made.size())) all = add(all, v);
        if (fault) all = t.apply(new TooEarly(), all);
        t.backward(mean(rmsNorm(all, norm, 1e-2f)));
        List<float[]> grads = new ArrayList<>();
        for (Var leaf : leaves) grads.add(k.download(leaf.grad()));
        grads.add(k.download(norm.grad()));
        grads.add(k.download(square.grad()));
        return grads;
    }

    /// Gives its gradient away while it still hands it on.
    private record TooEarly() implements CustomOp<Integer> {
        @Override
        public Forward<Integer> forward(Kernels k, List<Tensor> in) {
            return new Forward<>(in.getFirst(), 0);
        }

        @Override
        public List<@Nullable Tensor> backward(Kernels k, Integer saved, Tensor dy) {
            k.release(dy);
            return Arrays.<@Nullable Tensor>asList(dy);
        }
    }

    @Test
    void bytes_in_use_stay_constant_from_the_second_step() {
        Param w = Param.trained("w", run.of(Shape.of(5, 5), Cases.plain(5, 25, 0.5f)), run);
        Set<Long> during = new HashSet<>();
        Set<Long> after = new HashSet<>();
        for (int step = 0; step < 10; step++) {
            try (Kernels k = run.openStep()) {
                Tape t = Tape.recording(k);
                Var h = t.constant(values(k, step));
                for (int i = 0; i < 8; i++) h = add(h, matMul(h, t.param(w)));
                t.backward(mean(h));
                if (step >= 2) during.add(k.bytesInUse());
            }
            if (step >= 2) after.add(run.bytesInUse());
        }
        assertThat(during).hasSize(1);
        assertThat(after).hasSize(1);
    }

    private static Tensor values(Kernels k, long seed) {
        return k.of(ROWS, Cases.plain(seed, ROWS.size(), 1));
    }

    /// Every value is `expected`, but for two roundings.
    private static void assertAll(float[] got, float expected) {
        for (float g : got) assertThat(g).isCloseTo(expected, within(2 * Math.ulp(expected)));
    }
}
