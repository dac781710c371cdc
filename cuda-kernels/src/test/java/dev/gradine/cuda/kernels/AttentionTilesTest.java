package dev.gradine.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.AttentionTiles.KeyTile;
import dev.gradine.cuda.kernels.AttentionTiles.QueryTile;
import dev.gradine.cuda.kernels.AttentionTiles.Source;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The lists of work against the definition of which query sees which key.
class AttentionTilesTest {

    private static final int SIDE = 4;
    private static final Mask CAUSAL = new Mask.Causal();

    /// One mask over sequences.
    record Case(Mask mask, Sequences sequences) {

        AttentionTiles tiles() {
            return AttentionTiles.of(mask, mask.over(sequences), SIDE, SIDE);
        }

        /// How often each query sees each key, by the words of the contract.
        int[][] expected() {
            Sequences s = sequences;
            int[][] seen = new int[s.queries()][s.keys()];
            for (int n = 0; n < s.count(); n++) {
                int parent = s.parent(n);
                int shared = parent < 0 ? 0 : s.keys(parent);
                int all = shared + s.keys(n);
                for (int i = 0; i < s.queries(n); i++) {
                    for (int j = 0; j < all; j++) {
                        int key = j < shared ? s.keyStart(parent) + j : s.keyStart(n) + j - shared;
                        if (sees(all - s.queries(n) + i, j)) seen[s.queryStart(n) + i][key]++;
                    }
                }
            }
            return seen;
        }

        private boolean sees(int position, int key) {
            return switch (mask) {
                case Mask.Causal() -> key <= position;
                case Mask.Full() -> true;
                case Mask.Window(int w) -> key <= position && key > position - w;
                case Mask.Around(int r) -> Math.abs(key - position) <= r;
                case Mask.Chunk(int c, int h) -> key <= position && (key + h) / c == (position + h) / c;
            };
        }
    }

    static List<Case> cases() {
        List<Sequences> layouts = List.of(
                Sequences.packed(0, 1, 8, 8, 17),
                Sequences.cached(3, 11),
                Sequences.of(new int[] {0, 2, 7}, new int[] {0, 9, 14}),
                Sequences.branching(new int[] {0, 5, 6, 11, 14}, new int[] {-1, 0, 0, -1}),
                Sequences.ranges(new int[] {0, 2, 6}, new int[] {15, 1}, new int[] {9, 6}, 30));
        List<Case> all = new ArrayList<>();
        for (Sequences s : layouts) {
            for (Mask mask : List.of(
                    CAUSAL,
                    new Mask.Full(),
                    new Mask.Window(1),
                    new Mask.Window(3),
                    new Mask.Window(6),
                    new Mask.Around(0),
                    new Mask.Around(4),
                    new Mask.Chunk(3),
                    new Mask.Chunk(7),
                    new Mask.Chunk(6, 3))) {
                all.add(new Case(mask, s));
            }
        }
        all.add(new Case(new Mask.Full(), Sequences.of(new int[] {0, 9, 11}, new int[] {0, 3, 9})));
        return all;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tiles_of_queries_cover_every_pair_once(Case c) {
        int[][] seen = new int[c.sequences.queries()][c.sequences.keys()];
        for (QueryTile t : c.tiles().queries()) {
            assertThat(t.queries()).isBetween(1, SIDE);
            int least = Integer.MAX_VALUE;
            for (int i = 0; i < t.queries(); i++) {
                least = Math.min(least, Math.max(0, t.behind() + i));
                for (int j = t.begin(); j < t.end(); j++) {
                    if (j < t.behind() + i || j > t.ahead() + i) continue;
                    int key = j < t.sharedKeys() ? t.shared() + j : t.own() + j - t.sharedKeys();
                    seen[t.query() + i][key]++;
                }
            }
            assertThat(t.begin()).as("the first key that is seen").isEqualTo(least);
            assertThat(t.end()).as("behind the last").isLessThanOrEqualTo(t.ahead() + t.queries());
        }
        assertThat(seen).isDeepEqualTo(c.expected());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tiles_of_keys_cover_every_pair_once_and_every_row(Case c) {
        int[][] seen = new int[c.sequences.queries()][c.sequences.keys()];
        int[] rows = new int[c.sequences.keys()];
        AttentionTiles tiles = c.tiles();
        for (KeyTile t : tiles.keys()) {
            assertThat(t.keys()).isBetween(1, SIDE);
            for (int j = 0; j < t.keys(); j++) rows[t.key() + j]++;
            for (Source from : tiles.sources().subList(t.first(), t.end())) {
                for (int i = 0; i < from.queries(); i++) {
                    for (int j = 0; j < t.keys(); j++) {
                        if (j >= from.behind() + i && j <= from.ahead() + i) seen[from.query() + i][t.key() + j]++;
                    }
                }
            }
        }
        assertThat(seen).isDeepEqualTo(c.expected());
        assertThat(rows).containsOnly(1);
    }

    /// Rows are numbers in the pages, laid in a row; there are no tiles of keys, since there is no gradient.
    @Test
    void tiles_of_queries_name_rows_in_pages() {
        List<int[]> pages = List.of(new int[] {4, 0}, new int[] {3, 4});
        Sequences s = Sequences.paged(new int[] {0, 1, 3}, pages, new int[] {100, 150}, 5 * 96);
        AttentionTiles tiles = AttentionTiles.of(CAUSAL, s, SIDE, SIDE);
        assertThat(tiles.toInts())
                .containsExactly(
                        1, 2, 0, 0, 192, 148, -2, 150, // the second sequence
                        0, 1, 0, 0, 0, 99, -1, 100, // the first
                        4, 0, 3, 4); // pages
        assertThat(tiles.pagesAt()).isEqualTo(64);
    }

    @Test
    void a_window_costs_no_more_tiles_of_keys_than_it_is_wide() {
        Case c = new Case(new Mask.Window(8), Sequences.packed(0, 1000));
        for (QueryTile t : c.tiles().queries()) assertThat(t.end() - t.begin()).isLessThanOrEqualTo(8 + SIDE - 1);
        AttentionTiles tiles = c.tiles();
        for (KeyTile t : tiles.keys()) {
            Source from = tiles.sources().get(t.first());
            assertThat(from.queries() - Math.max(0, -from.ahead())).isLessThanOrEqualTo(8 + SIDE - 1);
        }
    }

    @Test
    void tiles_with_most_work_come_first() {
        AttentionTiles tiles = AttentionTiles.of(CAUSAL, Sequences.packed(0, 3, 15), SIDE, SIDE);
        assertThat(tiles.queries()).extracting(QueryTile::ahead).containsExactly(8, 4, 0, 0);
        assertThat(tiles.keys()).extracting(KeyTile::key).isEqualTo(List.of(3, 7, 11, 0));
    }

    @Test
    void the_device_reads_three_lists_one_after_the_other() {
        AttentionTiles tiles = AttentionTiles.of(CAUSAL, Sequences.cached(2, 5), SIDE, SIDE);
        assertThat(tiles.toInts())
                .containsExactly(
                        0, 2, 0, 0, 0, 3, -2, 5, // the tile of queries
                        0, 4, 0, 1, 4, 1, 1, 2, // tiles of keys
                        0, 2, 3, -2, 0, 2, -1, -6); // sources
        assertThat(tiles.keysAt()).isEqualTo(32);
        assertThat(tiles.sourcesAt()).isEqualTo(32 + 32);
    }
}
