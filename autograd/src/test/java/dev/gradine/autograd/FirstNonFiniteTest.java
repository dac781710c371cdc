package dev.gradine.autograd;

import static dev.gradine.autograd.op.Functions.exp;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.sub;
import static dev.gradine.autograd.op.MatMul.matMul;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FirstNonFiniteTest {

    private final Kernels run = CpuKernels.open();
    private final Param w = Param.trained("layers.0.w", run.of(Shape.of(1, 1), 2), run);
    private final Param v = Param.trained("layers.1.v", run.of(Shape.of(1, 1), 3), run);

    @AfterEach
    void close() {
        run.close();
    }

    private String found(float x, Function<Var, Var> model) {
        try (Kernels k = run.openStep()) {
            FirstNonFinite probe = new FirstNonFinite(k);
            Tape tape = Tape.probed(k, probe);
            Var y = model.apply(tape.constant(k.of(Shape.of(1, 1), x)));
            tape.backward(y);
            return probe.found();
        }
    }

    private static Var by(Param p, Var x) {
        return matMul(x, x.tape().param(p));
    }

    @Test
    void nothing_is_found_where_all_is_finite() {
        assertThat(found(1, x -> by(v, exp(by(w, x))))).isEmpty();
    }

    @Test
    void an_op_without_weights_is_named_by_the_last_one_before_it() {
        assertThat(found(100, x -> by(v, exp(by(w, x)))))
                .isEqualTo("exp after layers.0.w gives the first value that is not finite");
    }

    @Test
    void an_op_with_a_weight_is_named_by_it() {
        assertThat(found(3e38f, x -> by(w, x)))
                .isEqualTo("MatMul at layers.0.w gives the first value that is not finite");
    }

    @Test
    void a_weight_that_is_broken_already_is_named_itself() {
        run.upload(new float[] {Float.NaN}, v.value());
        assertThat(found(1, x -> by(v, by(w, x)))).isEqualTo("the weight layers.1.v is not finite");
    }

    /// y = 1e30 (x w − x v) with w = v is 0; its gradient by v is 1e30 · x.
    @Test
    void a_gradient_is_named_where_all_values_are_finite() {
        run.upload(new float[] {2}, v.value());
        assertThat(found(1e30f, x -> scale(sub(by(w, x), by(v, x)), 1e30f)))
                .isEqualTo("the gradient of MatMul at layers.1.v is the first that is not finite");
    }

    @Test
    void the_inside_of_a_checkpoint_is_seen() {
        assertThat(found(100, x -> x.tape().checkpoint(in -> by(v, exp(by(w, in.getFirst()))), List.of(x))))
                .isEqualTo("exp after layers.0.w gives the first value that is not finite");
    }
}
