package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every sequence has the prefix of its own before it: packed, branching, read through a cache or continued, each
/// computes what it does alone.
class PrefixTuningTest {

    private static final int[] FIRST = {3, 30, 0, 36, 5, 5, 9};
    private static final int[] SECOND = {1, 2, 3, 20, 7};
    private static final int V = 37;

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run, false);

    @AfterEach
    void close() {
        run.close();
    }

    private Policy policy(boolean projected) {
        Method method = new PrefixTuning(3, projected, 5, "");
        Selection where = Selection.of(method.usualTargets());
        AdapterSet set = AdapterSet.fresh(model, method, where, run, new SplittableRandom(1));
        TinyModel.perturb(set, run);
        return new Policy(model, set);
    }

    private static int[] join(int[] a, int[] b) {
        return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
    }

    private float[] logits(Policy policy, TokenBatch batch) {
        try (Kernels k = run.openStep()) {
            return k.download(policy.logits(Tape.noGrad(k), batch).value());
        }
    }

    private float[] alone(Policy policy, int[] ids) {
        return logits(policy, TokenBatch.of(List.of(ids)));
    }

    /// Logits of the tiny model are of magnitude ten.
    private static void check(float[] got, float[] expected) {
        double[] want = Cases.doubles(expected);
        Teeth.bite(got, l -> Tolerance.logits().times(10).check("logits", l, want));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void packed_sequences(boolean projected) {
        Policy policy = policy(projected);
        float[] both = logits(policy, TokenBatch.of(List.of(FIRST, SECOND)));
        check(Arrays.copyOf(both, FIRST.length * V), alone(policy, FIRST));
        check(Arrays.copyOfRange(both, FIRST.length * V, both.length), alone(policy, SECOND));
        assertThat(alone(policy, FIRST)).isNotEqualTo(alone(Policy.of(model), FIRST));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void branches_of_one_beginning(boolean projected) {
        Policy policy = policy(projected);
        int[] third = {8, 6};
        float[] all = logits(policy, TokenBatch.branching(List.of(FIRST, SECOND, third), new int[] {-1, 0, 0}));
        int begin = FIRST.length * V;
        int end = begin + SECOND.length * V;
        float[] whole = alone(policy, join(FIRST, SECOND));
        check(Arrays.copyOf(all, end), whole);
        float[] other = alone(policy, join(FIRST, third));
        check(Arrays.copyOfRange(all, end, all.length), Arrays.copyOfRange(other, begin, other.length));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7})
    void a_cache_that_is_read_in_pieces(int first) {
        Policy policy = policy(false);
        float[] got = new float[FIRST.length * V];
        try (Kernels k = run.openStep()) {
            KvCache cache = model.newCache(k, 3 + FIRST.length);
            for (int at = 0; at < FIRST.length; ) {
                int end = at == 0 ? first : at + 1;
                Pass pass = Pass.continuing(Tape.noGrad(k), Arrays.copyOfRange(FIRST, at, end), cache)
                        .with(policy.adapters());
                float[] piece =
                        k.download(model.head().logits(model.hidden(pass), pass).value());
                System.arraycopy(piece, 0, got, at * V, piece.length);
                at = end;
            }
        }
        check(got, alone(policy, FIRST));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void text_that_is_written(boolean projected) {
        Policy policy = policy(projected);
        var request = WritingRule.of(SamplingParams.GREEDY, 6, _ -> false);
        int[] written = new Generations(policy, run).one(SECOND, request, new SplittableRandom(1), _ -> true);
        int[] all = SECOND;
        for (int token : written) {
            assertThat(token).isEqualTo(likeliest(alone(policy, all)));
            all = join(all, new int[] {token});
        }
        assertThat(written).hasSize(6);
    }

    /// The likeliest token behind the last position.
    private static int likeliest(float[] logits) {
        int last = logits.length - V;
        return IntStream.range(0, V).reduce(0, (a, b) -> logits[last + b] > logits[last + a] ? b : a);
    }
}
