package dev.gradine.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchOrderTest {
    private static List<Integer> epoch(BatchOrder order, int epoch) {
        List<Integer> out = new ArrayList<>();
        for (int s = 0; s < order.stepsPerEpoch(); s++) {
            for (int i : order.rows((long) epoch * order.stepsPerEpoch() + s)) out.add(i);
        }
        return out;
    }

    @Test
    void file_order_wraps_and_keeps_the_smaller_last_batch() {
        var order = BatchOrder.inOrder(5, 2);
        assertThat(order.stepsPerEpoch()).isEqualTo(3);
        assertThat(order.rows(0)).containsExactly(0, 1);
        assertThat(order.rows(2)).containsExactly(4);
        assertThat(order.rows(3)).containsExactly(0, 1);
        assertThat(order.epoch(3)).isEqualTo(1);
    }

    @Test
    void every_epoch_visits_every_example_once_in_another_order() {
        int[] lengths = IntStream.range(0, 103).map(i -> (i * 37) % 50).toArray();
        for (BatchOrder order : List.of(BatchOrder.shuffled(103, 8, 1), BatchOrder.byLength(lengths, 8, 1))) {
            assertThat(epoch(order, 0))
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, 103).boxed().toList());
            assertThat(epoch(order, 0)).isNotEqualTo(epoch(order, 1));
            assertThat(order.rows(12)).hasSize(103 - 12 * 8);
        }
    }

    @Test
    void a_step_is_the_same_however_it_is_reached() {
        var replayed = BatchOrder.shuffled(20, 3, 9);
        for (int s = 0; s < 40; s++) replayed.rows(s);
        assertThat(BatchOrder.shuffled(20, 3, 9).rows(40)).containsExactly(replayed.rows(40));
        assertThat(BatchOrder.shuffled(20, 3, 10).rows(40)).isNotEqualTo(replayed.rows(40));
    }

    @Test
    void grouping_by_length_puts_like_with_like() {
        int[] lengths = IntStream.range(0, 400).map(i -> (i * 7919) % 400).toArray();
        var order = BatchOrder.byLength(lengths, 8, 3);
        for (int s = 0; s < order.stepsPerEpoch(); s++) {
            int[] in =
                    Arrays.stream(order.rows(s)).map(i -> lengths[i]).sorted().toArray();
            assertThat(in[in.length - 1] - in[0]).isLessThan(8);
        }
    }

    @Test
    void bad_sizes_are_refused() {
        assertThatThrownBy(() -> BatchOrder.inOrder(0, 1))
                .hasMessage("batches: number of examples is 0, expected >= 1");
        assertThatThrownBy(() -> BatchOrder.inOrder(1, 0)).hasMessage("batches: batch size is 0, expected >= 1");
        assertThatThrownBy(() -> BatchOrder.inOrder(1, 1).rows(-1)).hasMessage("batches: step is -1, expected >= 0");
    }
}
