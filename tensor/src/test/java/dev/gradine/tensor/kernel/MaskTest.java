package dev.gradine.tensor.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.ShapeException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Masks, bands and chunks against the table of which positions see which.
class MaskTest {

    /// @param sees whether a query at the first position sees a key at the second
    record Case(Mask mask, BiPredicate<Integer, Integer> sees) {
        @Override
        public String toString() {
            return mask.toString();
        }
    }

    static Stream<Case> masks() {
        return Stream.of(
                new Case(new Mask.Causal(), (p, j) -> j <= p),
                new Case(new Mask.Full(), (_, _) -> true),
                new Case(new Mask.Window(1), (p, j) -> j.equals(p)),
                new Case(new Mask.Window(3), (p, j) -> j <= p && j > p - 3),
                new Case(new Mask.Window(Integer.MAX_VALUE), (p, j) -> j <= p),
                new Case(new Mask.Around(0), (p, j) -> j.equals(p)),
                new Case(new Mask.Around(2), (p, j) -> Math.abs(p - j) <= 2),
                new Case(new Mask.Around(Integer.MAX_VALUE), (_, _) -> true),
                new Case(new Mask.Chunk(1), (p, j) -> j.equals(p)),
                new Case(new Mask.Chunk(4), (p, j) -> j <= p && j / 4 == p / 4),
                new Case(new Mask.Chunk(4, 1), (p, j) -> j <= p && (j + 1) / 4 == (p + 1) / 4),
                new Case(new Mask.Chunk(Integer.MAX_VALUE), (p, j) -> j <= p));
    }

    static List<Sequences> layouts() {
        return List.of(
                Sequences.packed(0, 1, 8, 8, 17),
                Sequences.cached(3, 11),
                Sequences.branching(new int[] {0, 5, 6, 11, 14, 22}, new int[] {-1, 0, 0, -1, 3}),
                Sequences.branching(new int[] {0, 0, 3}, new int[] {-1, 0}),
                Sequences.ranges(new int[] {0, 1, 1, 4}, new int[] {20, 11, 2}, new int[] {6, 3, 7}, 30),
                Sequences.ranges(new int[] {0, 0, 2, 4}, new int[] {0, 9, 15}, new int[] {6, 3, 4}, 19)
                        .continuing(new int[] {-1, 0, 0}));
    }

    @ParameterizedTest
    @MethodSource("masks")
    void a_query_sees_what_the_table_says(Case c) {
        for (Sequences s : layouts()) assertThat(seen(c.mask, s)).isEqualTo(expected(c.sees, s));
    }

    /// Key rows that each query row sees, by bands of what the mask makes of the sequences.
    private static List<List<Integer>> seen(Mask mask, Sequences sequences) {
        Sequences cut = mask.over(sequences);
        AttentionSpec spec = AttentionSpec.causal(1, 1, 1, 1).with(mask);
        List<List<Integer>> rows = new ArrayList<>();
        for (int s = 0; s < cut.count(); s++) {
            assertThat(cut.queryStart(s)).isEqualTo(rows.size());
            for (int i = 0; i < cut.queries(s); i++) {
                Band band = spec.band(cut, s).fromQuery(i);
                List<Integer> keys = new ArrayList<>();
                for (int j = band.begin(); j < band.end(1); j++) keys.add(row(cut, s, j));
                rows.add(keys);
            }
        }
        assertThat(cut.queries()).isEqualTo(sequences.queries());
        return rows;
    }

    private static List<List<Integer>> expected(BiPredicate<Integer, Integer> sees, Sequences sequences) {
        List<List<Integer>> rows = new ArrayList<>();
        for (int s = 0; s < sequences.count(); s++) {
            int keys = sequences.visibleKeys(s);
            for (int p = keys - sequences.queries(s); p < keys; p++) {
                List<Integer> seen = new ArrayList<>();
                for (int j = 0; j < keys; j++) if (sees.test(p, j)) seen.add(row(sequences, s, j));
                rows.add(seen);
            }
        }
        return rows;
    }

    private static int row(Sequences s, int sequence, int key) {
        int shared = s.sharedKeys(sequence);
        return key < shared ? s.keyStart(s.parent(sequence)) + key : s.keyStart(sequence) + key - shared;
    }

    @Test
    void a_band_of_a_tile_is_the_tiles_part_of_the_band() {
        Band band = new Mask.Window(5).band(20, 30);
        Band tile = band.fromQuery(8).fromKey(16, 4);
        for (int i = 0; i < 12; i++) {
            Band whole = band.fromQuery(8 + i);
            Band part = tile.fromQuery(i);
            assertThat(part.begin()).isEqualTo(Math.max(0, whole.begin() - 16));
            assertThat(part.end(1)).isEqualTo(Math.clamp((long) whole.end(1) - 16, 0, 4));
        }
    }

    @Test
    void the_same_sequences_are_cut_once() {
        Sequences s = Sequences.packed(0, 9);
        Sequences cut = new Mask.Chunk(4).over(s);
        assertThat(cut.count()).isEqualTo(3);
        assertThat(new Mask.Chunk(4).over(s)).isSameAs(cut);
        assertThat(new Mask.Chunk(4, 2).over(s)).isNotSameAs(cut);
        assertThat(new Mask.Chunk(4).over(s)).isSameAs(cut);
        assertThat(new Mask.Chunk(5).over(s)).isNotSameAs(cut);
        assertThat(new Mask.Window(4).over(s)).isSameAs(s);
    }

    @Test
    void only_a_full_mask_takes_more_queries_than_keys() {
        Sequences s = Sequences.of(new int[] {0, 1, 4}, new int[] {0, 1, 3});
        AttentionSpec causal = AttentionSpec.causal(1, 1, 1, 1);
        assertThatCode(() -> causal.with(new Mask.Full()).require(s)).doesNotThrowAnyException();
        assertThatThrownBy(() -> causal.require(s))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: sequence 1 has 2 keys, expected at least its 3 queries (mask causal)");
        assertThatThrownBy(() -> causal.with(new Mask.Window(7)).require(s))
                .hasMessage("attention: sequence 1 has 2 keys, expected at least its 3 queries (mask window 7)");
        Sequences none = Sequences.of(new int[] {0, 3}, new int[] {0, 0});
        assertThatThrownBy(() -> causal.with(new Mask.Full()).require(none))
                .isInstanceOf(ShapeException.class)
                .hasMessage("attention: sequence 0 has no key, expected at least 1 for its 3 queries");
    }

    @Test
    void refuses_windows_chunks_and_caps_that_are_none() {
        assertThatThrownBy(() -> new Mask.Window(0)).hasMessage("mask: window is 0 keys, expected at least 1");
        assertThatThrownBy(() -> new Mask.Chunk(0)).hasMessage("mask: chunk is 0 keys, expected at least 1");
        assertThatThrownBy(() -> new Mask.Chunk(4, 4))
                .hasMessage("mask: chunk of 4 keys is shifted by 4, expected 0 to 3");
        AttentionSpec plain = AttentionSpec.causal(1, 1, 1, 1);
        assertThatThrownBy(() -> plain.withSoftCap(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("attention: soft cap is -1.0, expected a positive number, or 0 for none");
        assertThatThrownBy(() -> plain.withSoftCap(Float.NaN))
                .hasMessage("attention: soft cap is NaN, expected a positive number, or 0 for none");
    }
}
