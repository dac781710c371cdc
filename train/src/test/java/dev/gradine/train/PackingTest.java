package dev.gradine.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Which examples make a row. An example is its own length here.
class PackingTest {

    private static List<List<Integer>> rows(int most, Integer... lengths) {
        return Packing.bestFit(List.of(lengths), Integer::intValue, most);
    }

    @Test
    void the_longest_come_first_and_go_where_least_room_is_left() {
        assertThat(rows(10, 3, 6, 2, 7, 2)).containsExactly(List.of(7, 3), List.of(6, 2, 2));
        assertThat(rows(10, 10, 10)).containsExactly(List.of(10), List.of(10));
    }

    /// Two rows have the same room: the one that had it first is filled first.
    @Test
    void of_rows_with_equal_room_the_earlier_is_filled_first() {
        List<Integer> examples = List.of(60, 61, 62, 30);
        List<List<Integer>> rows = Packing.bestFit(examples, e -> e >= 60 ? 6 : 3, 10);
        assertThat(rows).containsExactly(List.of(60, 30), List.of(61), List.of(62));
    }

    @Test
    void every_example_is_in_one_row_and_no_row_is_too_long() {
        SplittableRandom rng = new SplittableRandom(1);
        List<Integer> numbers = IntStream.range(0, 2500).boxed().toList();
        int[] lengths = numbers.stream().mapToInt(_ -> 1 + rng.nextInt(100)).toArray();
        List<List<Integer>> rows = Packing.bestFit(numbers, i -> lengths[i], 100);
        List<Integer> seen = new ArrayList<>();
        for (List<Integer> row : rows) {
            seen.addAll(row);
            assertThat(row.stream().mapToInt(i -> lengths[i]).sum()).isLessThanOrEqualTo(100);
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(numbers);
        assertThat(rows).hasSizeLessThan((int) (1.05 * IntStream.of(lengths).sum() / 100));
    }

    /// Only a thousand at a time are held back.
    @Test
    void a_row_has_neighbours_of_the_data_only() {
        List<List<Integer>> rows =
                Packing.bestFit(IntStream.range(0, 1500).boxed().toList(), _ -> 1, 1001);
        assertThat(rows).hasSize(2);
        assertThat(rows.getFirst()).hasSize(1000).contains(0, 999);
    }

    @Test
    void what_is_told_is_how_full_the_rows_are() {
        assertThat(Packing.told(16, 4, 1536, 512)).isEqualTo("packing: 16 examples in 4 rows, 75 % of 512 tokens each");
    }

    @Test
    void a_strategy_without_packing_is_refused() {
        assertThatThrownBy(() -> new PackingSettings(false, Packing.BFD))
                .hasMessage("--packing-strategy has no effect without --packing: give both");
    }
}
