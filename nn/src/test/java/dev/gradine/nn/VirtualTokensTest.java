package dev.gradine.nn;

import static dev.gradine.autograd.op.SliceRows.sliceRows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.CustomOp;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Virtual tokens whose rows are the embeddings of three real tokens do what those tokens do, put in front.
class VirtualTokensTest {

    private static final int[] FRONT = {10, 25, 31};
    private static final int[] FIRST = {3, 30, 0, 36, 5, 5, 9};
    private static final int[] SECOND = {1, 2, 3, 20, 7};
    private static final int P = FRONT.length;
    private static final int C = 24;

    private final Kernels run = CpuKernels.open();
    private final Decoder model = TinyLlama.of(run);
    private final Weight table = model.embeddings().getFirst().weight();

    @AfterEach
    void close() {
        run.close();
    }

    /// Rows of `h` with others in the place of some; which of `prompt` goes where is counted round and round.
    ///
    /// @param at rows of `h` that are replaced
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record PutRows(int[] at) implements CustomOp<PutRows.Saved> {

        record Saved(Shape prompt) {}

        @Override
        public Forward<Saved> forward(Kernels k, List<Tensor> inputs) {
            Tensor h = inputs.getFirst();
            Tensor prompt = inputs.getLast();
            Tensor y = k.empty(h.dtype(), h.shape());
            k.copy(h, y);
            for (int i = 0; i < at.length; i++) {
                int from = i % prompt.shape().rows();
                k.copy(prompt.rows(from, from + 1), y.rows(at[i], at[i] + 1));
            }
            return new Forward<>(y, new Saved(prompt.shape()));
        }

        @Override
        public List<@Nullable Tensor> backward(Kernels k, Saved saved, Tensor dy) {
            Tensor sum = k.zeros(saved.prompt);
            for (int i = 0; i < at.length; i++) {
                int from = i % saved.prompt.rows();
                k.elementwise().axpy(1, dy.rows(at[i], at[i] + 1), sum.rows(from, from + 1));
            }
            return Arrays.asList(null, sum); // the table is frozen
        }
    }

    /// A soft prompt.
    private record Prompt(Param rows) implements Adapters {

        @Override
        public int virtualTokens() {
            return P;
        }

        @Override
        public Var at(Embedding embedding, Var h, Pass pass) {
            int[] virtual = pass.rows().virtualRows();
            if (virtual.length == 0) return h;
            return h.tape().apply(new PutRows(virtual), h, h.tape().param(rows));
        }

        @Override
        public boolean touches(Site site) {
            return site instanceof Embedding;
        }
    }

    private Prompt prompt(int[] ids) {
        float[] all = run.download(table.param().value());
        float[] rows = new float[P * C];
        for (int i = 0; i < P; i++) System.arraycopy(all, ids[i] * C, rows, i * C, C);
        return new Prompt(Param.trained("prompt", run.of(Shape.of(P, C), rows), run));
    }

    private static int[] join(int[] a, int[] b) {
        return IntStream.concat(IntStream.of(a), IntStream.of(b)).toArray();
    }

    /// The same rows without the first P of each sequence that begins at one of `starts`.
    private static float[] without(float[] h, int... starts) {
        float[] kept = new float[h.length - starts.length * P * C];
        int at = 0;
        for (int row = 0; row < h.length / C; row++) {
            int r = row;
            if (IntStream.of(starts).anyMatch(s -> r >= s && r < s + P)) continue;
            System.arraycopy(h, row * C, kept, C * at++, C);
        }
        return kept;
    }

    private float[] hidden(Adapters adapters, TokenBatch batch) {
        try (Kernels k = run.openStep()) {
            return k.download(
                    new Policy(model, adapters).hidden(Tape.noGrad(k), batch).value());
        }
    }

    @Test
    void hidden_states_are_those_behind_real_tokens() {
        TokenBatch given = TokenBatch.of(List.of(FIRST, SECOND));
        float[] want = without(
                hidden(Adapters.NONE, TokenBatch.of(List.of(join(FRONT, FIRST), join(FRONT, SECOND)))),
                0,
                P + FIRST.length);
        assertThat(hidden(prompt(FRONT), given)).isEqualTo(want).hasSize((FIRST.length + SECOND.length) * C);
        assertThat(hidden(prompt(new int[] {25, 10, 31}), given)).isNotEqualTo(want);
        assertThat(hidden(Adapters.NONE, given)).isNotEqualTo(want);
    }

    @Test
    void a_branch_sees_those_of_the_sequence_it_continues() {
        int[] parent = {-1, 0, 0};
        int[] third = {8, 6};
        float[] want = without(
                hidden(Adapters.NONE, TokenBatch.branching(List.of(join(FRONT, FIRST), SECOND, third), parent)), 0);
        assertThat(hidden(prompt(FRONT), TokenBatch.branching(List.of(FIRST, SECOND, third), parent)))
                .isEqualTo(want);
    }

    /// Hidden states of one sequence read through a cache, `first` tokens of it and then the others one by one.
    private float[] cached(Adapters adapters, int[] ids, int first) {
        List<float[]> pieces = new ArrayList<>();
        try (Kernels k = run.openStep()) {
            KvCache cache = model.newCache(k, adapters.virtualTokens() + ids.length);
            for (int at = 0; at < ids.length; ) {
                int end = at == 0 ? first : at + 1;
                Pass pass = Pass.continuing(Tape.noGrad(k), Arrays.copyOfRange(ids, at, end), cache)
                        .with(adapters);
                pieces.add(k.download(model.hidden(pass).value()));
                at = end;
            }
            assertThat(cache.length()).isEqualTo(cache.capacity());
        }
        float[] all = new float[0];
        for (float[] piece : pieces) {
            int n = all.length;
            all = Arrays.copyOf(all, n + piece.length);
            System.arraycopy(piece, 0, all, n, piece.length);
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7})
    void a_cache_holds_them_once(int first) {
        float[] got = cached(prompt(FRONT), FIRST, first);
        assertThat(got).isEqualTo(without(cached(Adapters.NONE, join(FRONT, FIRST), P + first), 0));
        double[] whole = Cases.doubles(hidden(prompt(FRONT), TokenBatch.of(List.of(FIRST))));
        Teeth.bite(got, h -> Tolerance.logits().check("cached", h, whole));
    }

    @Test
    void text_behind_them_is_that_behind_real_tokens() {
        var request = WritingRule.of(SamplingParams.GREEDY, 8, _ -> false);
        int[] got = new Generations(new Policy(model, prompt(FRONT)), run)
                .one(SECOND, request, new SplittableRandom(1), _ -> true);
        int[] want = new Generations(Policy.of(model), run)
                .one(join(FRONT, SECOND), request, new SplittableRandom(1), _ -> true);
        assertThat(got).isEqualTo(want).hasSize(8);
    }

    @Test
    void their_rows_learn_what_the_embedding_of_real_tokens_would() {
        Prompt soft = prompt(FRONT);
        Param trained = Param.trained(table.path(), table.param().value(), run);
        learn(soft, List.of(FIRST, SECOND), 0, FIRST.length + SECOND.length);
        Adapters real = GivenAdapters.of(table, trained);
        learn(real, List.of(join(FRONT, FIRST)), P, P + FIRST.length);
        learn(real, List.of(join(FRONT, SECOND)), P, P + SECOND.length);
        float[] all = run.download(trained.grad());
        double[] want = new double[P * C];
        double largest = 0;
        for (int i = 0; i < P * C; i++) {
            want[i] = all[FRONT[i / C] * C + i % C];
            largest = Math.max(largest, Math.abs(want[i]));
        }
        Tolerance tolerance = Tolerance.gradient(largest);
        Teeth.bite(run.download(soft.rows.grad()), g -> tolerance.check("prompt", g, want));
    }

    /// Backward from the sum of the hidden states' rows `from` to `to`.
    private void learn(Adapters adapters, List<int[]> sequences, int from, int to) {
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.recording(k);
            Var h = new Policy(model, adapters).hidden(tape, TokenBatch.of(sequences));
            Var y = sliceRows(h, from, to);
            float[] dy = new float[y.value().size()];
            for (int i = 0; i < dy.length; i++) dy[i] = (i % C) / (float) C - 0.3f;
            tape.backward(y, k.of(y.shape(), dy));
        }
    }

    @Test
    void no_layer_is_common_with_a_pass_that_has_them() {
        TokenBatch batch = TokenBatch.of(List.of(FIRST));
        try (Kernels k = run.openStep()) {
            assertThat(model.trunk(k, batch, List.of(Adapters.NONE, prompt(FRONT)))
                            .layers())
                    .isZero();
            Trunk common = model.trunk(k, batch, List.of(Adapters.NONE));
            Pass pass = Pass.of(Tape.noGrad(k), batch).with(prompt(FRONT));
            assertThatThrownBy(() -> model.hidden(pass, common))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("trunk: 3 layers, expected at most 0"
                            + " (the lowest that the adapters of the pass do not touch)");
        }
    }

    @Test
    void they_count_among_the_positions() {
        Prompt soft = prompt(FRONT);
        assertThat(hidden(soft, TokenBatch.of(List.of(new int[61])))).hasSize(61 * C);
        assertThatThrownBy(() -> hidden(soft, TokenBatch.of(List.of(new int[62]))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiny: position is 64, expected below 64 (max_position_embeddings)");
        var request = WritingRule.of(SamplingParams.GREEDY, 8, _ -> false);
        Generations generation = new Generations(new Policy(model, soft), run);
        assertThat(generation.one(new int[60], request, new SplittableRandom(1), _ -> true))
                .hasSize(1);
        assertThatThrownBy(() -> generation.one(new int[61], request, new SplittableRandom(1), _ -> true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("generate: the prompt has 61 tokens, expected fewer than 61");
    }
}
