package dev.gradine.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.AttentionSlices.Joint;
import dev.gradine.cuda.kernels.AttentionSlices.Slice;
import dev.gradine.cuda.kernels.AttentionTiles.QueryTile;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The slices against the definition of which query sees which key, and where their parts are found again.
class AttentionSlicesTest {

    private static final int HEADS = 6;
    private static final int PER_GROUP = 3;

    private static final Mask CAUSAL = new Mask.Causal();

    /// One mask over sequences that are whole for it.
    record Case(Mask mask, Sequences sequences) {}

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        for (Sequences s : List.of(
                Sequences.cached(1, 129),
                Sequences.cached(16, 1000),
                Sequences.cached(1, 9000),
                Sequences.of(new int[] {0, 1, 3, 3, 19}, new int[] {0, 1, 400, 440, 640}))) {
            for (Mask mask :
                    List.of(CAUSAL, new Mask.Full(), new Mask.Window(1), new Mask.Window(150), new Mask.Around(90))) {
                all.add(new Case(mask, s));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void a_query_and_a_head_meet_every_key_they_see_in_one_part(Case c) {
        Sequences s = c.sequences;
        AttentionSlices slices = AttentionSlices.of(c.mask, s, HEADS, PER_GROUP);
        int[][] met = new int[slices.parts()][s.keys()];
        for (Slice slice : slices.slices()) meet(slice, met);
        int[][] seen = new int[s.queries() * HEADS][s.keys()];
        for (int i = 0; i < s.queries(); i++) {
            Joint j = slices.joints().get(i);
            for (int n = 0; n < j.count(); n++) {
                for (int h = 0; h < HEADS; h++) add(seen[i * HEADS + h], met[j.part() + n * j.stride() + h]);
            }
        }
        assertThat(seen).isDeepEqualTo(expected(c));
    }

    /// The first group of heads at work, and the second beside it.
    private static void meet(Slice slice, int[][] met) {
        QueryTile t = slice.tile();
        int end = Math.min(t.queries() * PER_GROUP, slice.pair() + AttentionSlices.PAIRS);
        for (int pair = slice.pair(); pair < end; pair++) {
            int query = pair / PER_GROUP;
            for (int h = pair % PER_GROUP; h < HEADS; h += PER_GROUP) {
                for (int j = slice.begin(); j < slice.end(); j++) {
                    if (j < t.behind() + query || j > t.ahead() + query) continue;
                    met[slice.part() + query * HEADS + h][t.own() + j]++;
                }
            }
        }
    }

    private static void add(int[] to, int[] values) {
        for (int i = 0; i < to.length; i++) to[i] += values[i];
    }

    private static int[][] expected(Case c) {
        Sequences s = c.sequences;
        int[][] seen = new int[s.queries() * HEADS][s.keys()];
        for (int n = 0; n < s.count(); n++) {
            for (int row = 0; row < s.queries(n) * HEADS; row++) {
                int position = s.keys(n) - s.queries(n) + row / HEADS;
                for (int j = 0; j < s.keys(n); j++) {
                    boolean sees = switch (c.mask) {
                        case Mask.Causal() -> j <= position;
                        case Mask.Full() -> true;
                        case Mask.Window(int w) -> j <= position && j > position - w;
                        case Mask.Around(int r) -> Math.abs(position - j) <= r;
                        case Mask.Chunk _ -> throw new AssertionError("a chunk is a sequence of its own");
                    };
                    if (sees) seen[s.queryStart(n) * HEADS + row][s.keyStart(n) + j]++;
                }
            }
        }
        return seen;
    }

    @Test
    void slices_are_64_keys_and_no_more_than_64() {
        assertThat(AttentionSlices.of(CAUSAL, Sequences.cached(1, 1000), 1, 1).slices())
                .hasSize(16);
        assertThat(AttentionSlices.of(CAUSAL, Sequences.cached(1, 4096), 1, 1).slices())
                .hasSize(64);
        assertThat(AttentionSlices.of(CAUSAL, Sequences.cached(1, 100_000), 1, 1)
                        .slices())
                .hasSizeBetween(60, 64)
                .allMatch(s -> (s.end() - s.begin()) % 32 == 0 || s.end() == 100_000);
    }

    @Test
    void few_queries_and_many_keys_are_split() {
        assertThat(AttentionSlices.suit(CAUSAL, Sequences.cached(1, 129))).isTrue();
        assertThat(AttentionSlices.suit(CAUSAL, Sequences.cached(16, 4096))).isTrue();
        assertThat(AttentionSlices.suit(CAUSAL, Sequences.cached(1, 128))).isFalse();
        assertThat(AttentionSlices.suit(CAUSAL, Sequences.cached(17, 4096))).isFalse();
        assertThat(AttentionSlices.suit(CAUSAL, Sequences.packed(0, 16, 300))).isFalse();
        assertThat(AttentionSlices.suit(new Mask.Window(128), Sequences.cached(1, 4096)))
                .isFalse();
        assertThat(AttentionSlices.suit(new Mask.Window(129), Sequences.cached(1, 4096)))
                .isTrue();
    }

    @Test
    void the_device_reads_two_lists_one_after_the_other() {
        AttentionSlices slices = AttentionSlices.of(CAUSAL, Sequences.cached(1, 70), 2, 2);
        assertThat(slices.toInts())
                .containsExactly(
                        0, 1, 0, 0, 0, 69, -1, 70, 0, 0, 64, 0, // the tile, pair, begin, end, part
                        0, 1, 0, 0, 0, 69, -1, 70, 0, 64, 70, 2, //
                        0, 2, 2);
        assertThat(slices.jointsAt()).isEqualTo(96);
    }

    @Test
    void pages_of_keys_come_behind_them() {
        Sequences s = Sequences.paged(new int[] {0, 1}, List.of(new int[] {4, 0}), new int[] {100}, 5 * 96);
        AttentionSlices slices = AttentionSlices.of(CAUSAL, s, 1, 1);
        assertThat(slices.toInts()).endsWith(0, 1, 2, 4, 0); // a joint, pages
        assertThat(slices.pagesAt()).isEqualTo(4L * (slices.toInts().length - 2));
    }
}
