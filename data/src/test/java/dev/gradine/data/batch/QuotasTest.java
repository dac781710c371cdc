package dev.gradine.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Every step has its share of each source, and follows from its number alone.
class QuotasTest {

    @Test
    void two_sources_are_within_half_a_row_of_their_shares_at_any_time() {
        for (double share : List.of(0.01, 0.05, 0.2, 1 / 3.0, 0.5, 0.9)) {
            Quotas q = new Quotas(List.of(1 - share, share), 7);
            for (int step = 0; step < 500; step++) {
                assertThat((double) q.before(1, step)).isCloseTo(7 * step * share, within(0.5 + 1e-6));
                assertThat(q.before(0, step) + q.before(1, step)).isEqualTo(7L * step);
            }
        }
    }

    @Test
    void with_many_sources_no_step_takes_back_what_another_gave() {
        List<Double> shares = List.of(0.5, 0.3, 0.15, 0.04, 0.01);
        Quotas q = new Quotas(shares, 3);
        for (int step = 0; step < 400; step++) {
            long all = 0;
            for (int source = 0; source < 5; source++) {
                long own = q.before(source, step + 1) - q.before(source, step);
                assertThat(own).isNotNegative();
                all += own;
                assertThat((double) q.before(source, step)).isCloseTo(3 * step * shares.get(source), within(1.5));
            }
            assertThat(all).isEqualTo(3);
        }
    }

    @Test
    void shares_as_the_files_are_long_visit_every_row_once_in_an_epoch() {
        int[] sizes = {11, 5, 8};
        List<Double> shares = IntStream.of(sizes).mapToObj(n -> n / 24.0).toList();
        Quotas q = new Quotas(shares, 4);
        for (int source = 0; source < 3; source++) {
            SharedOrder order = new SharedOrder(q, source, sizes[source], 7, true, 6);
            List<Integer> first = rows(order, 0, 6);
            assertThat(first).containsExactlyInAnyOrderElementsOf(rowsOf(sizes[source]));
            assertThat(rows(order, 6, 12))
                    .containsExactlyInAnyOrderElementsOf(rowsOf(sizes[source]))
                    .isNotEqualTo(first);
        }
    }

    private static List<Integer> rowsOf(int size) {
        return IntStream.range(0, size).boxed().toList();
    }

    private static List<Integer> rows(SharedOrder order, int from, int to) {
        List<Integer> all = new ArrayList<>();
        for (int step = from; step < to; step++) for (int row : order.rows(step)) all.add(row);
        return all;
    }

    @Test
    void a_step_is_the_same_however_it_is_reached() {
        Quotas q = new Quotas(List.of(0.7, 0.3), 5);
        SharedOrder replayed = new SharedOrder(q, 1, 4, 9, true, 3);
        for (int step = 0; step < 40; step++) replayed.rows(step);
        assertThat(new SharedOrder(q, 1, 4, 9, true, 3).rows(40)).containsExactly(replayed.rows(40));
        assertThat(rows(new SharedOrder(q, 1, 4, 10, true, 3), 0, 40)).isNotEqualTo(rows(replayed, 0, 40));
    }

    @Test
    void without_shuffling_rows_come_in_their_own_order() {
        SharedOrder order = new SharedOrder(new Quotas(List.of(0.5, 0.5), 4), 1, 3, 9, false, 2);
        assertThat(rows(order, 0, 3)).containsExactly(0, 1, 2, 0, 1, 2);
    }

    @Test
    void shares_that_are_none_are_refused() {
        assertThatThrownBy(() -> new Quotas(List.of(0.5, 0.4), 4))
                .hasMessage("quotas: shares are [0.5, 0.4], expected some above 0 that sum to 1");
        assertThatThrownBy(() -> new Quotas(List.of(1.0), 0)).hasMessage("quotas: rows of a step are 0, expected >= 1");
    }
}
