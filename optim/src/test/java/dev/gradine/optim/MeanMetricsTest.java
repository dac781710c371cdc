package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MeanMetricsTest {

    @Test
    void micro_batches_of_different_sizes_average_rightly() {
        MeanMetrics all = new MeanMetrics();
        all.add("loss", 6, 3);
        MeanMetrics more = new MeanMetrics();
        more.add("loss", 4, 1);
        more.add("accuracy", 0, 0);
        all.add(more);
        assertThat(all.means()).hasToString("{loss=2.5, accuracy=0.0}");
    }

    @Test
    void headlines_are_found_in_their_order() {
        List<Metric> metrics = List.of(
                Metric.loss("nats"),
                Metric.neutral("entropy", "nats", "Entropy"),
                Metric.rising("a", "", "A").asHeadline());
        assertThat(Metric.headlines(metrics)).containsExactly("loss", "a");
    }
}
