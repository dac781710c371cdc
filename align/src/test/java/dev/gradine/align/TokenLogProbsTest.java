package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.MatMul.matMul;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Site;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Which token is predicted from where, and that nothing else costs logits.
class TokenLogProbsTest {

    private static final int[] FIRST = {3, 30, 0, 36, 5, 5, 9};
    private static final int[] SECOND = {1, 2, 3, 20};
    private static final List<LabelledTokens> BATCH =
            List.of(LabelledTokens.completion(FIRST, 4), LabelledTokens.completion(SECOND, 3));

    private final Kernels run = CpuKernels.open();
    private final CausalLm model = TinyModel.of(run);

    @AfterEach
    void close() {
        run.close();
    }

    /// log softmax of the whole batch's logits, in double: one row a token, sequence after sequence.
    private double[][] logSoftmax() {
        try (Kernels k = run.openStep()) {
            Tape t = Tape.noGrad(k);
            float[] z = k.download(Policy.of(model)
                    .logits(t, TokenBatch.of(List.of(FIRST, SECOND)))
                    .value());
            int v = model.vocabSize();
            double[][] rows = new double[FIRST.length + SECOND.length][];
            for (int r = 0; r < rows.length; r++) {
                rows[r] = Cases.doubles(Arrays.copyOfRange(z, r * v, (r + 1) * v));
                double lse = Math.log(Arrays.stream(rows[r]).map(Math::exp).sum());
                for (int i = 0; i < v; i++) rows[r][i] -= lse;
            }
            return rows;
        }
    }

    /// By hand: tokens 4, 5, 6 of the first sequence from rows 3, 4, 5; token 3 of the second from its row 2, row 9.
    private double[] expected(int off) {
        double[][] p = logSoftmax();
        return new double[] {p[3 + off][5], p[4 + off][5], p[5 + off][9], p[9 + off][20]};
    }

    @Test
    void a_temperature_divides_the_logits_of_every_kind_of_head() {
        double[][] p = logSoftmax(); // log softmax(z / T) is that of what it gives, divided by T
        int[][] cells = {{3, 5}, {4, 5}, {5, 9}, {9, 20}};
        double[] expected = new double[4];
        for (int i = 0; i < 4; i++) {
            double[] row = Arrays.stream(p[cells[i][0]]).map(x -> x / 2.5).toArray();
            expected[i] = row[cells[i][1]]
                    - Math.log(Arrays.stream(row).map(Math::exp).sum());
        }
        Adapters adapted = new Adapters() { // of the head, whose logits are then there
                    @Override
                    public boolean touches(Site site) {
                        return site.equals(model.head().linear());
                    }
                };
        for (Adapters a : List.of(Adapters.NONE, adapted)) {
            try (Kernels k = run.openStep()) {
                Packed packed = Packed.apart(BATCH);
                Pass pass = new Policy(model, a).pass(Tape.noGrad(k), packed.tokens());
                float[] got = k.download(TokenLogProbs.of(model, pass, model.hidden(pass), packed, Reading.at(2.5f))
                        .values()
                        .value());
                Teeth.bite(got, x -> Tolerance.logits().check("log-probability", x, expected));
            }
        }
    }

    private float[] values(List<LabelledTokens> batch) {
        return values(Adapters.NONE, batch);
    }

    private float[] values(Adapters adapters, List<LabelledTokens> batch) {
        try (Kernels k = run.openStep()) {
            Policy policy = new Policy(model, adapters);
            return k.download(
                    TokenLogProbs.of(Tape.noGrad(k), policy, batch).values().value());
        }
    }

    @Test
    void the_first_token_of_a_completion_is_predicted_by_the_last_of_the_prompt() {
        double[] expected = expected(0);
        Teeth.bite(values(BATCH), p -> Tolerance.logits().check("log-probability", p, expected));
    }

    @Test
    void a_row_too_far_would_show() {
        float[] got = values(BATCH);
        for (int off : new int[] {-1, 1}) {
            double[] wrong = expected(off);
            assertThatThrownBy(() -> Tolerance.logits().check("log-probability", got, wrong))
                    .isInstanceOf(AssertionError.class);
        }
    }

    @Test
    void sums_are_those_of_each_sequence() {
        double[] p = expected(0);
        try (Kernels k = run.openStep()) {
            TokenLogProbs logProbs = TokenLogProbs.of(Tape.noGrad(k), Policy.of(model), BATCH);
            assertThat(logProbs.count()).isEqualTo(4);
            assertThat(k.downloadInts(logProbs.offsets())).containsExactly(0, 3, 4);
            assertThat(k.downloadInts(logProbs.targets())).containsExactly(5, 5, 9, 20);
            double[] expected = {p[0] + p[1] + p[2], p[3]};
            Teeth.bite(
                    k.download(logProbs.sums().value()),
                    s -> Tolerance.logits().times(3).check("sum", s, expected));
        }
    }

    @Test
    void a_sequence_without_loss_has_an_empty_segment() {
        List<LabelledTokens> batch = List.of(LabelledTokens.completion(SECOND, 4), LabelledTokens.completion(FIRST, 4));
        try (Kernels k = run.openStep()) {
            TokenLogProbs p = TokenLogProbs.of(Tape.noGrad(k), Policy.of(model), batch);
            assertThat(k.downloadInts(p.offsets())).containsExactly(0, 0, 3);
            assertThat(k.download(p.sums().value())[0]).isZero();
        }
    }

    /// An adapted head.
    private Adapters head(LinearMap map) {
        return new Adapters() {
            @Override
            public LinearMap at(Linear layer) {
                return layer == model.head().linear() ? map : Linear::base;
            }

            @Override
            public boolean touches(Site site) {
                return model.head().linear().equals(site);
            }
        };
    }

    /// In the place of the head stands one that tells how many rows it was given.
    @Test
    void only_rows_that_predict_a_label_reach_the_head() {
        List<Integer> rows = new ArrayList<>();
        Adapters counting = head((base, x, pass) -> {
            rows.add(x.shape().rows());
            return base.base(x, pass);
        });
        values(counting, BATCH);
        assertThat(rows).containsExactly(4);
    }

    @Test
    void an_adapted_head_gives_what_the_dense_one_does() {
        double[] expected = Cases.doubles(values(BATCH));
        Adapters adapted = head((base, x, pass) -> matMul(x, base.weight(x, pass)));
        Teeth.bite(values(adapted, BATCH), p -> Tolerance.logits().check("log-probability", p, expected));
    }

    @Test
    void an_adapter_of_the_head_takes_part() {
        Adapters louder = head((base, x, pass) -> scale(base.base(x, pass), 1.5f));
        assertThat(values(louder, BATCH)).isNotEqualTo(values(BATCH));
    }

    @Test
    void a_head_with_a_trained_copy_computes_with_the_copy() {
        Weight head = model.head().linear().weight();
        float[] louder = run.download(head.param().value());
        for (int i = 0; i < louder.length; i++) louder[i] *= 1.5f;
        Param copy = Param.trained(head.path(), run.of(head.shape(), louder), run);
        Adapters copied = new TinyModel.Trained(new LinkedHashMap<>(Map.of(head, copy)));
        double[] expected = Cases.doubles(values(head((base, x, pass) -> scale(base.base(x, pass), 1.5f)), BATCH));
        Teeth.bite(values(copied, BATCH), p -> Tolerance.logits().check("log-probability", p, expected));
    }

    @Test
    void statistics_are_those_of_the_scored_rows() {
        double[][] p = logSoftmax();
        int[] rows = {3, 4, 5, 9};
        try (Kernels k = run.openStep()) {
            TokenLogProbs got = TokenLogProbs.of(Tape.noGrad(k), Policy.of(model), BATCH);
            double[] entropy = new double[4];
            int[] best = new int[4];
            for (int i = 0; i < 4; i++) {
                entropy[i] =
                        Arrays.stream(p[rows[i]]).map(l -> -Math.exp(l) * l).sum();
                best[i] = argmax(p[rows[i]]);
            }
            Teeth.bite(
                    k.download(got.stats().entropy()), e -> Tolerance.logits().check("entropy", e, entropy));
            assertThat(k.downloadInts(got.stats().argmax())).containsExactly(best);
        }
    }

    private static int argmax(double[] row) {
        int best = 0;
        for (int i = 1; i < row.length; i++) if (row[i] > row[best]) best = i;
        return best;
    }

    @Test
    void hidden_states_of_pairs_that_exist_are_used() {
        Packed batch = Packed.of(List.of(BATCH), false);
        try (Kernels k = run.openStep()) {
            Pass pass = Pass.of(Tape.noGrad(k), batch.tokens());
            Var h = model.hidden(pass);
            float[] got =
                    k.download(TokenLogProbs.of(model, pass, h, batch).values().value());
            double[] expected = Cases.doubles(values(BATCH));
            Teeth.bite(got, p -> Tolerance.logits().check("log-probability", p, expected));
        }
    }

    @Test
    void refuses_a_batch_without_loss() {
        assertThatThrownBy(() -> values(List.of(LabelledTokens.completion(SECOND, 4))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("log_probs: no token of the batch carries loss, expected at least one");
    }
}
