package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.nn.CausalLm;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What LoRA-FA makes of the gradient of B. Oracle: the normal equations in double. Whole steps are compared with PEFT
/// by `GoldenPeftTest`.
class FrozenATest {

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);

    @AfterEach
    void close() {
        run.close();
    }

    private AdapterSet fresh(Method method, String targets) {
        return AdapterSet.fresh(model, method, Selection.of(targets), run, new SplittableRandom(1));
    }

    /// `s X A` is as close to G as it can be: what is left is orthogonal to the rows of A.
    @Test
    void the_projected_gradient_brings_the_product_closest_to_the_gradient_of_the_weight() {
        int r = 3;
        int in = 11;
        int out = 7;
        float s = 2.5f;
        float[] a = Cases.plain(1, r * in, 1);
        float[] g = Cases.plain(2, out * in, 1);
        float[] db = new float[out * r];
        for (int i = 0; i < db.length; i++) {
            double sum = 0;
            for (int c = 0; c < in; c++) sum += (double) s * g[i / r * in + c] * a[i % r * in + c];
            db[i] = (float) sum;
        }
        Param b = Param.trained("b", run.zeros(Shape.of(out, r)), run);
        run.upload(db, b.grad());
        Tensor projection = run.empty(Shape.of(r, r));
        FrozenA.project(run.of(Shape.of(r, in), a), s, projection, run);
        new FrozenA(java.util.List.of(new FrozenA.Pair(b, projection)), run).beforeUpdate(1);
        Teeth.bite(run.download(b.grad()), x -> {
            float[] rest = new float[out * r];
            for (int i = 0; i < rest.length; i++) {
                double sum = 0;
                for (int c = 0; c < in; c++) {
                    double own = -g[i / r * in + c];
                    for (int k = 0; k < r; k++) own += (double) s * x[i / r * r + k] * a[k * in + c];
                    sum += own * a[i % r * in + c];
                }
                rest[i] = (float) sum;
            }
            Tolerance.sum(in, 10).check("rest", rest, new double[rest.length]);
        });
    }

    @Test
    void a_has_no_gradient_and_stands_in_the_file() {
        AdapterSet set = FrozenA.freeze(fresh(Lora.of(4, 8), "q_proj,v_proj"));
        assertThat(set.params().stream().filter(Param::isTrained).map(Param::name))
                .hasSize(4)
                .allMatch(n -> n.endsWith("lora_B.weight"));
        assertThat(set.trainedValues()).isEqualTo(2 * 4 * (24 + 12));
        assertThat(set.trained()).hasSize(8);
    }

    @Test
    void what_has_no_a_to_freeze_is_refused() {
        assertThatThrownBy(() -> FrozenA.freeze(fresh(LoHa.defaults(), "q_proj")))
                .hasMessage("lora-fa: the adapter is loha, expected one with the factors of a LoRA");
        assertThatThrownBy(() -> FrozenA.freeze(fresh(Lora.of(4, 8), "q_proj,embed_tokens")))
                .hasMessage("lora-fa: model.embed_tokens is adapted, expected linear layers alone");
    }
}
