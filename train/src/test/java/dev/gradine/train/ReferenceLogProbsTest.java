package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.align.Packed;
import dev.gradine.autograd.op.Functions;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.models.Families;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Site;
import dev.gradine.nn.Trunk;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A reference goes on from the policy's lowest layers if they are its own, too, and only then.
class ReferenceLogProbsTest {

    private static final int C = 8;

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = llama(0);
    private final CausalLm second = llama(1);
    private final Packed batch = Packed.of(
            List.of(List.of(
                    LabelledTokens.completion(new int[] {1, 2, 3, 4, 5}, 2),
                    LabelledTokens.completion(new int[] {1, 2, 7, 8}, 2))),
            true);

    @AfterEach
    void close() {
        run.close();
    }

    private CausalLm llama(int seed) {
        Map<String, Object> config = Map.of(
                "model_type", "llama",
                "vocab_size", 9,
                "hidden_size", C,
                "intermediate_size", C,
                "num_hidden_layers", 2,
                "num_attention_heads", 2,
                "num_key_value_heads", 2);
        Weights weights = new Weights((name, shape) -> weight(name, shape, seed), run);
        return Families.builtIn().build(new ModelConfig(config), weights);
    }

    private Tensor weight(String name, Shape shape, int seed) {
        return run.of(shape, Cases.plain(name.hashCode() + seed, shape.size(), 0.5f));
    }

    /// Twice what the layer whose path ends so computes.
    private static Adapters doubled(String end) {
        return new Adapters() {
            @Override
            public LinearMap at(Linear layer) {
                if (!layer.path().endsWith(end)) return Linear::base;
                return (base, x, pass) -> Functions.scale(base.base(x, pass), 2);
            }

            @Override
            public boolean touches(Site site) {
                return site instanceof Linear && site.path().endsWith(end);
            }
        };
    }

    /// What `reference` gives beside `policy`, and how many layers they have in common.
    @SuppressWarnings("ArrayRecordComponent") // read once, never compared as a whole
    private record Beside(float[] values, int layers) {}

    private Beside beside(Policy policy, ReferenceLogProbs reference) {
        try (Kernels k = run.openStep()) {
            Trunk trunk = policy.model().trunk(k, batch.tokens(), reference.besides(policy));
            long before = k.bytesInUse();
            float[] values = reference.of(k, batch, trunk);
            assertThat(k.bytesInUse()).as("given back").isEqualTo(before);
            return new Beside(values, trunk.layers());
        }
    }

    private float[] alone(Policy frozen) {
        return ReferenceLogProbs.of(frozen).of(run, batch);
    }

    @Test
    void the_policys_model_without_adapters_goes_on_from_the_policys_layers() {
        Policy policy = new Policy(model, doubled("1.mlp.up_proj"));
        Policy frozen = Policy.of(model);
        Beside got = beside(policy, ReferenceLogProbs.of(frozen));
        assertThat(got.layers()).isEqualTo(2);
        assertThat(got.values())
                .isEqualTo(alone(frozen))
                .isNotEqualTo(alone(policy))
                .hasSize(5); // tokens of both answers
    }

    @Test
    void a_reference_with_lower_adapters_shares_what_lies_below_them() {
        Policy policy = new Policy(model, doubled("1.mlp.up_proj"));
        Policy frozen = new Policy(model, doubled("0.mlp.up_proj"));
        Beside got = beside(policy, ReferenceLogProbs.of(frozen));
        assertThat(got.layers()).isEqualTo(1);
        assertThat(got.values()).isEqualTo(alone(frozen)).isNotEqualTo(alone(Policy.of(model)));
    }

    @Test
    void another_model_does_not_use_the_policys_layers() {
        Policy policy = new Policy(model, doubled("1.mlp.up_proj"));
        Policy frozen = new Policy(second, doubled("0.mlp.up_proj"));
        ReferenceLogProbs reference = ReferenceLogProbs.of(frozen);
        assertThat(reference.besides(policy)).containsExactly(policy.adapters());
        Beside got = beside(policy, reference);
        assertThat(got.layers()).isEqualTo(2);
        assertThat(got.values()).isEqualTo(alone(frozen)).isNotEqualTo(alone(Policy.of(model)));
    }
}
