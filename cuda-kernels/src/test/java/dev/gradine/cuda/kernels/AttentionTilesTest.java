package dev.gradine.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.AttentionTiles.KeyTile;
import dev.gradine.cuda.kernels.AttentionTiles.QueryTile;
import dev.gradine.cuda.kernels.AttentionTiles.Source;
import dev.gradine.tensor.kernel.Sequences;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The lists of work against the definition of which query sees which key.
class AttentionTilesTest {

    private static final int SIDE = 4;

    static Stream<Sequences> layouts() {
        return Stream.of(
                Sequences.packed(0, 1, 8, 8, 17),
                Sequences.cached(3, 11),
                Sequences.of(new int[] {0, 2, 7}, new int[] {0, 9, 14}),
                Sequences.branching(new int[] {0, 5, 6, 11, 14}, new int[] {-1, 0, 0, -1}));
    }

    /// How often each query sees each key, by the words of the contract.
    private static int[][] expected(Sequences s) {
        int[][] seen = new int[s.queries()][s.keys()];
        for (int n = 0; n < s.count(); n++) {
            for (int i = 0; i < s.queries(n); i++) {
                int[] row = seen[s.queryStart(n) + i];
                int last = s.keys(n) - s.queries(n) + i;
                for (int j = 0; j <= last; j++) row[s.keyStart(n) + j]++;
                int parent = s.parent(n);
                for (int j = 0; parent >= 0 && j < s.keys(parent); j++) row[s.keyStart(parent) + j]++;
            }
        }
        return seen;
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void tiles_of_queries_cover_every_pair_once(Sequences s) {
        int[][] seen = new int[s.queries()][s.keys()];
        for (QueryTile t : AttentionTiles.of(s, SIDE, SIDE).queries()) {
            assertThat(t.queries()).isBetween(1, SIDE);
            for (int i = 0; i < t.queries(); i++) {
                for (int j = 0; j <= t.ahead() + i; j++) {
                    int key = j < t.sharedKeys() ? t.shared() + j : t.own() + j - t.sharedKeys();
                    seen[t.query() + i][key]++;
                }
            }
        }
        assertThat(seen).isDeepEqualTo(expected(s));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void tiles_of_keys_cover_every_pair_once(Sequences s) {
        int[][] seen = new int[s.queries()][s.keys()];
        AttentionTiles tiles = AttentionTiles.of(s, SIDE, SIDE);
        for (KeyTile t : tiles.keys()) {
            assertThat(t.keys()).isBetween(1, SIDE);
            for (Source from : tiles.sources().subList(t.first(), t.end())) {
                for (int i = 0; i < from.queries(); i++) {
                    for (int j = 0; j < t.keys() && j <= from.ahead() + i; j++) seen[from.query() + i][t.key() + j]++;
                }
            }
        }
        assertThat(seen).isDeepEqualTo(expected(s));
    }

    @Test
    void tiles_with_most_work_come_first() {
        AttentionTiles tiles = AttentionTiles.of(Sequences.packed(0, 3, 15), SIDE, SIDE);
        assertThat(tiles.queries()).extracting(QueryTile::ahead).containsExactly(8, 4, 0, 0);
        assertThat(tiles.keys()).extracting(KeyTile::key).isEqualTo(List.of(3, 7, 11, 0));
    }

    @Test
    void the_device_reads_three_lists_one_after_the_other() {
        AttentionTiles tiles = AttentionTiles.of(Sequences.cached(2, 5), SIDE, SIDE);
        assertThat(tiles.toInts()).containsExactly(0, 2, 0, 0, 0, 3, 0, 4, 0, 1, 4, 1, 1, 2, 0, 2, 3, 0, 2, -1);
        assertThat(tiles.keysAt()).isEqualTo(24);
        assertThat(tiles.sourcesAt()).isEqualTo(24 + 32);
    }
}
