package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import dev.gradine.testkit.Cases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Keys in pages against the same keys in a range of rows for each sequence.
class AttentionPagesTest {

    private static final int PAGE = AttentionKernel.BLOCK;
    private static final int PAGES = 11;

    /// Numbers of queries and of keys of each sequence, and its pages: not in order, some after one another, the first
    /// two of some in common.
    private static final int[] QUERIES = {1, 2, 5, 97, 192, 30, 1, 96, 130, 0};
    private static final int[] KEYS = {1, 95, 96, 97, 192, 193, 300, 289, 290, 100};
    private static final int[][] TABLE = {
        {7}, {2}, {9}, {4, 0}, {5, 6}, {8, 3, 10}, {8, 3, 1, 7}, {8, 3, 0, 4}, {4, 5, 6, 7}, {5, 6}
    };

    static Stream<AttentionSpec> specs() {
        AttentionSpec odd = AttentionSpec.causal(4, 2, 7, 0.3f);
        AttentionSpec whole = AttentionSpec.causal(3, 1, 64, 0.125f);
        Stream<Mask> masks = Stream.of(
                new Mask.Causal(),
                new Mask.Full(),
                new Mask.Window(1),
                new Mask.Window(40),
                new Mask.Window(96),
                new Mask.Window(130),
                new Mask.Around(70),
                new Mask.Chunk(50),
                new Mask.Chunk(128, 30));
        return masks.flatMap(
                m -> Stream.of(odd.with(m), whole.with(m), odd.withSoftCap(2).with(m)));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void have_the_bits_of_keys_in_a_row(AttentionSpec spec) {
        for (int queries : new int[] {0, 1, 3}) { // as listed, or so many of each sequence
            int[] starts = starts(queries == 0 ? QUERIES : most(queries));
            for (AttentionKernel kernel : List.of(AttentionCpu.KERNEL, AttentionCpu.BY_ROW)) {
                Sequences paged = Sequences.paged(starts, List.of(TABLE), KEYS, PAGES * PAGE);
                Sequences rows = Sequences.of(starts, starts(KEYS));
                float[][] expected =
                        forward(kernel, spec, rows, inRow(pool(2, spec), spec), inRow(pool(3, spec), spec));
                assertThat(forward(kernel, spec, paged, pool(2, spec), pool(3, spec)))
                        .isDeepEqualTo(expected);
            }
        }
    }

    private static int[] most(int queries) {
        return Arrays.stream(KEYS).map(keys -> Math.min(keys, queries)).toArray();
    }

    private static int[] starts(int[] counts) {
        int[] starts = new int[counts.length + 1];
        for (int s = 0; s < counts.length; s++) starts[s + 1] = starts[s] + counts[s];
        return starts;
    }

    /// All pages; rows that no sequence has are no numbers.
    private static float[] pool(int seed, AttentionSpec spec) {
        int width = spec.kvHeads() * spec.headDim();
        float[] drawn = Cases.plain(seed, PAGES * PAGE * width, 2);
        float[] pool = new float[drawn.length];
        Arrays.fill(pool, Float.NaN);
        for (int row : rows()) System.arraycopy(drawn, row * width, pool, row * width, width);
        return pool;
    }

    /// The same keys as sequences see them, one behind the other.
    private static float[] inRow(float[] pool, AttentionSpec spec) {
        int width = spec.kvHeads() * spec.headDim();
        List<Integer> rows = rows();
        float[] to = new float[rows.size() * width];
        for (int i = 0; i < rows.size(); i++) System.arraycopy(pool, rows.get(i) * width, to, i * width, width);
        return to;
    }

    private static List<Integer> rows() {
        List<Integer> rows = new ArrayList<>();
        for (int s = 0; s < KEYS.length; s++) {
            for (int j = 0; j < KEYS[s]; j++) rows.add(TABLE[s][j / PAGE] * PAGE + j % PAGE);
        }
        return rows;
    }

    private static float[][] forward(AttentionKernel kernel, AttentionSpec spec, Sequences s, float[] k, float[] v) {
        try (Tensors t = new Tensors()) {
            float[] q = Cases.plain(1, s.queries() * spec.heads() * spec.headDim(), 2);
            Tensor y = t.unwritten(Shape.of(q.length));
            Tensor lse = t.unwritten(Shape.of(s.queries() * spec.heads()));
            kernel.forward(t.of(q), t.of(k), t.of(v), spec, s, y, lse);
            return new float[][] {t.values(y), t.values(lse)};
        }
    }

    @Test
    void have_no_gradient() {
        AttentionSpec spec = AttentionSpec.causal(1, 1, 8, 0.3f);
        Sequences paged = Sequences.paged(new int[] {0, 1}, List.of(new int[1]), new int[] {1}, PAGE);
        try (Tensors t = new Tensors()) {
            Tensor q = t.of(new float[8]);
            Tensor k = t.of(new float[8 * PAGE]);
            assertThatThrownBy(() ->
                            AttentionCpu.KERNEL.backward(new Upstream(q, q, t.of(0)), q, k, k, spec, paged, q, k, k))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("attention_gradient: keys lie in pages, expected a range of rows for each sequence"
                            + " (pages, which several may share, are for reading only)");
        }
    }
}
